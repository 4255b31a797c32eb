import { settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { after, begin, clock, events, fleet, never, poolOf } from './fixtures/test-fleet.js';

beforeEach(begin);

describe('health checks', () => {
	it('are made every 120 s of the next 10 nodes, and remove those that fail', async () => {
		const checked: string[] = [];
		const ended: string[] = [];
		const pool = poolOf((node) => node.id, {
			check: (connection) => {
				checked.push(connection);
				if (connection === 'node-3') throw new Error('silent');
				if (connection === 'node-12') return never();
				return connection !== 'node-4';
			},
			disconnect: (connection) => ended.push(connection),
		});
		pool.connectAll(fleet(25));
		await clock.run(120_000);
		expect(checked).toEqual(fleet(10).map(({ id }) => id));
		expect([ended, pool.size]).toEqual([['node-3', 'node-4'], 23]);
		await clock.run(120_000);
		expect(checked.slice(10)).toEqual(
			fleet(20)
				.slice(10)
				.map(({ id }) => id),
		);
		await clock.run(8_000);
		expect(ended).toEqual(['node-3', 'node-4', 'node-12']);
		checked.length = 0;
		await clock.run(112_000);
		expect(checked).toEqual(['node-21', 'node-22', 'node-23', 'node-24', 'node-25', 'node-1', 'node-2', 'node-5', 'node-6', 'node-7']);
		expect(events.filter(({ type }) => type === 'removed')).toMatchObject([
			{ node: 'node-3', error: { message: 'silent' } },
			{ node: 'node-4', error: {} },
			{ node: 'node-12', error: { code: 'NODE_TIMEOUT' } },
		]);
		expect(pool.statistics('node-3')).toMatchObject({ state: 'disconnected', connectionStartTime: null, successfulConnections: 1 });
		await pool.close();
		expect(clock.pending).toBe(0);
	});

	it('do not remove a connection that came while the one before was checked', async () => {
		const pool = poolOf((node) => `${node.id} at ${clock.now()}`, { check: () => after(5_000, false) });
		await pool.connect({ id: 'node' });
		await clock.run(121_000);
		await pool.remove('node');
		await pool.connect({ id: 'node' });
		await clock.run(10_000);
		expect(pool.connection('node')).toBe('node at 121000');
		await pool.close();
	});

	it('rest while nothing is connected, and none is left when the pool closes in the middle of one', async () => {
		let checks = 0;
		const pool = poolOf((node) => node.id, {
			check: () => {
				checks++;
				return never();
			},
		});
		await clock.run(600_000);
		expect(clock.pending).toBe(0);
		await pool.connect({ id: 'node' });
		await pool.remove('node');
		expect(clock.pending).toBe(0);
		await clock.run(50);
		await pool.connect({ id: 'node' });
		await clock.run(120_100);
		await pool.close();
		await settle();
		expect([checks, clock.pending, pool.size]).toEqual([1, 0, 0]);
	});
});

describe('operations', () => {
	it('get the connection, give back what they do, and have 8 s', async () => {
		let aborted: unknown;
		const pool = poolOf((node) => node.id);
		await pool.connect({ id: 'node' });
		await expect(pool.operate('node', (connection) => `hello ${connection}`)).resolves.toBe('hello node');
		await expect(pool.operate('node', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		const slow = pool.operate('node', (_connection, signal) => {
			signal.addEventListener('abort', () => {
				aborted = signal.reason;
			});
			return never();
		});
		await Promise.all([expect(slow).rejects.toMatchObject({ code: 'NODE_TIMEOUT' }), clock.run(8_000)]);
		expect([aborted, pool.size, clock.pending]).toMatchObject([{ code: 'NODE_TIMEOUT' }, 1, 0]);
	});

	it('need a node that is known and connected, and a caller who has not left', async () => {
		const pool = poolOf((node) => node.id);
		await expect(pool.operate('ghost', () => 1)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
		expect(() => pool.statistics('ghost')).toThrow(expect.objectContaining({ code: 'NODE_UNKNOWN' }));
		await pool.connect({ id: 'node' });
		const caller = new AbortController();
		caller.abort();
		await expect(pool.operate('node', never, { signal: caller.signal })).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
		await pool.remove('node');
		await expect(pool.operate('node', () => 1)).rejects.toMatchObject({ code: 'NODE_NOT_CONNECTED' });
		await pool.forget('node');
		await pool.remove('ghost');
		expect([...pool.allStatistics()]).toEqual([]);
	});
});

describe('the end of a pool', () => {
	it('drain() lets tries and operations end and begins none', async () => {
		const pool = poolOf((node) => (node.id === 'node-1' ? after(5_000, 'up') : Promise.reject(new Error('refused'))));
		const working = pool.connectAll(fleet(30));
		await clock.run(300);
		const draining = pool.drain();
		let isDrained = false;
		void draining.then(() => {
			isDrained = true;
		});
		await clock.run(4_000);
		expect(isDrained).toBe(false);
		await clock.run(1_000);
		await draining;
		const { connected, failed, aborted } = await working.done;
		expect([connected, failed + aborted]).toEqual([1, 29]);
		expect([pool.size, pool.connection('node-1')]).toEqual([1, 'up']);
		expect(() => pool.connectAll([])).toThrow(expect.objectContaining({ code: 'POOL_CLOSED' }));
		await expect(pool.connect({ id: 'late' })).rejects.toMatchObject({ code: 'POOL_CLOSED' });
		await expect(pool.operate('node-1', () => 1)).rejects.toMatchObject({ code: 'POOL_CLOSED' });
		await pool.close();
		expect([pool.size, clock.pending]).toEqual([0, 0]);
	});

	it('drain() does not repeat a try that fails while it waits', async () => {
		const pool = poolOf(async () => {
			await after(1_000, null);
			throw new Error('refused');
		});
		const dial = pool.connect({ id: 'node' });
		await clock.run(500);
		const draining = pool.drain();
		await Promise.all([expect(dial).rejects.toThrow('refused'), clock.run(10_000)]);
		await draining;
		expect([pool.statistics('node').connectionAttempts, pool.statistics('node').breaker]).toEqual([1, 'CLOSED']);
	});

	it('close() keeps no connection that comes in the same moment, however near', async () => {
		for (let turns = 0; turns < 20; turns++) {
			let connected = (): void => {};
			let isOpen = false;
			const connect = (): Promise<string> =>
				new Promise((resolve) => {
					connected = () => {
						isOpen = true;
						resolve('up');
					};
				});
			const disconnect = (): void => {
				isOpen = false;
			};
			const pool = poolOf(connect, { disconnect });
			const dial = pool.connect({ id: 'node' }).catch(() => {});
			await settle();
			connected();
			await settle(turns);
			await pool.close();
			await dial;
			await settle();
			expect([turns, isOpen, pool.size]).toEqual([turns, false, 0]);
		}
	});

	it('drain() waits for an operation, close() does not', async () => {
		const pool = poolOf((node) => node.id);
		await pool.connect({ id: 'node' });
		const operation = pool.operate('node', () => after(3_000, 'done'));
		const draining = pool.drain();
		await clock.run(3_000);
		await expect(Promise.all([operation, draining])).resolves.toEqual(['done', undefined]);
		const other = poolOf((node) => node.id);
		await other.connect({ id: 'node' });
		const given = other.operate('node', never);
		await other.close();
		await expect(given).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
		expect(clock.pending).toBe(0);
	});

	it('close() in the middle of a batch leaves no timer, no connection, and a result for every node', async () => {
		const open = new Set<string>();
		const pool = poolOf(
			async (node) => {
				const connection = await after(200, node.id);
				open.add(connection);
				return connection;
			},
			{ disconnect: (connection) => void open.delete(connection), check: () => true },
		);
		const run = pool.connectAll(fleet(200));
		await clock.run(2_025);
		await pool.close();
		await settle();
		const { connected, aborted, pending } = await run.done;
		expect([connected + aborted, pending]).toEqual([200, 0]);
		await clock.run(1_000);
		expect([open.size, clock.pending]).toEqual([0, 0]);
	});

	it('close() ends all though a disconnect fails', async () => {
		const pool = poolOf((node) => node.id, { disconnect: () => Promise.reject(new Error('already gone')) });
		pool.connectAll(fleet(3));
		await clock.run(1_000);
		await pool.close();
		expect(pool.size).toBe(0);
	});
});
