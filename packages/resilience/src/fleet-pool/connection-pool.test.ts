import type { AbortSignal } from '@linkscope/core';
import { FakeClock, settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionPool } from './connection-pool.js';
import type { PoolEvent, PoolResult } from './pool-events.js';
import type { ConnectionPoolOptions } from './pool-options.js';

interface Node {
	readonly id: string;
}

type Options = Partial<ConnectionPoolOptions<Node, string>>;

let clock: FakeClock;
let events: PoolEvent[];

beforeEach(() => {
	clock = new FakeClock();
	events = [];
});

function poolOf(connect: ConnectionPoolOptions<Node, string>['connect'], options: Options = {}) {
	const pool = new ConnectionPool<Node, string>({ clock, connect, ...options });
	pool.onEvent.on((event) => events.push(event));
	return pool;
}

function fleet(count: number): Node[] {
	return Array.from({ length: count }, (_, index) => ({ id: `node-${index + 1}` }));
}

function after<T>(ms: number, value: T): Promise<T> {
	return new Promise((resolve) => clock.after(ms, () => resolve(value)));
}

const never = (): Promise<never> => new Promise(() => {});

function types(): string[] {
	return events.map(({ type }) => type);
}

describe('the results of connectAll()', () => {
	it('come one for each node as they are known, and one that fails stops no other', async () => {
		const pool = poolOf(async (node) => {
			if (node.id === 'node-2') throw new Error('refused');
			return after(node.id === 'node-1' ? 500 : 10, `to ${node.id}`);
		});
		const results: PoolResult<Node, string>[] = [];
		const reading = (async () => {
			for await (const each of pool.connectAll(fleet(3))) results.push(each);
		})();
		await clock.run(10_000);
		await reading;
		expect(results).toEqual([
			{ node: { id: 'node-3' }, status: 'connected', connection: 'to node-3', attempts: 1, durationMs: 110 },
			{ node: { id: 'node-1' }, status: 'connected', connection: 'to node-1', attempts: 1, durationMs: 500 },
			{ node: { id: 'node-2' }, status: 'failed', error: expect.objectContaining({ message: 'refused' }), attempts: 2, durationMs: 2_050 },
		]);
		expect([pool.size, pool.connection('node-1'), pool.connection('node-2')]).toEqual([2, 'to node-1', undefined]);
	});

	it('are all there for who begins to read late, and progress is told after each', async () => {
		const pool = poolOf((node) => node.id);
		const run = pool.connectAll(fleet(30));
		await clock.run(10_000);
		await expect(run.done).resolves.toMatchObject({ total: 30, connected: 30 });
		let count = 0;
		for await (const result of run) count += result.attempts;
		expect(count).toBe(30);
		expect(events.flatMap((event) => (event.type === 'progress' ? [event.progress.pending] : []))).toEqual(
			Array.from({ length: 30 }, (_, index) => 29 - index),
		);
	});

	it('are none for no nodes, and tell of nodes that are connected or spared without a dial', async () => {
		const pool = poolOf((node) => (node.id === 'node-1' ? 'up' : Promise.reject(new Error('refused'))), { maxAttempts: 1 });
		await expect(pool.connectAll([]).done).resolves.toMatchObject({ total: 0 });
		const first = pool.connectAll(fleet(2));
		await clock.run(1_000);
		await first.done;
		const again = pool.connectAll(fleet(2));
		await clock.run(1_000);
		await expect(again.done).resolves.toMatchObject({ connected: 1, skipped: 1 });
		const results: PoolResult<Node, string>[] = [];
		for await (const each of again) results.push(each);
		expect(results).toMatchObject([
			{ status: 'connected', attempts: 0 },
			{ status: 'skipped', error: { code: 'NODE_SPARED' } },
		]);
		expect(types().filter((type) => type === 'attempt')).toHaveLength(2);
	});

	it('end when the caller aborts: dials are given up, and what was not begun is told as aborted', async () => {
		const gone: string[] = [];
		const pool = poolOf((node, signal) => {
			signal.addEventListener('abort', () => gone.push(node.id));
			return never();
		});
		const caller = new AbortController();
		const run = pool.connectAll(fleet(100), { signal: caller.signal });
		await clock.run(1_000);
		caller.abort(new Error('changed my mind'));
		await settle();
		await expect(run.done).resolves.toMatchObject({ aborted: 100, pending: 0 });
		expect(gone).toHaveLength(21);
		expect([clock.pending, pool.statistics('node-1').breaker, pool.statistics('node-1').failedConnections]).toEqual([0, 'CLOSED', 0]);
		for await (const result of run) expect(result).toMatchObject({ status: 'aborted', error: { code: 'OPERATION_ABORTED' } });
		await expect(pool.connectAll(fleet(2), { signal: caller.signal }).done).resolves.toMatchObject({ aborted: 2 });
	});

	it('end when the reader leaves the loop', async () => {
		const pool = poolOf((node) => node.id);
		const run = pool.connectAll(fleet(100));
		const reading = (async () => {
			for await (const { node } of run) if (node.id === 'node-10') break;
		})();
		await clock.run(60_000);
		await reading;
		const { connected, aborted } = await run.done;
		expect([connected, connected + aborted]).toEqual([10, 100]);
	});

	it('come for a large fleet to a reader who waits for each', async () => {
		const pool = poolOf((node) => node.id, { dialsPerSecond: 1_000_000, batchPauseMs: 0 });
		let count = 0;
		const reading = (async () => {
			for await (const { status } of pool.connectAll(fleet(20_000))) if (status === 'connected') count++;
		})();
		await clock.run(60_000, 12);
		await reading;
		expect(count).toBe(20_000);
	});

	it('name a node without an id as failed, and serve one that is given twice by one dial', async () => {
		const pool = poolOf((node) => after(1_000, node.id));
		const run = pool.connectAll([{ id: 'twin' }, {} as Node, { id: 'twin' }]);
		await clock.run(2_000);
		await expect(run.done).resolves.toMatchObject({ connected: 2, failed: 1 });
		expect(pool.statistics('twin').connectionAttempts).toBe(1);
	});

	it('take no warning of the platform about listeners on the caller’s signal', async () => {
		const warnings: Error[] = [];
		const heard = (warning: Error): void => void warnings.push(warning);
		process.on('warning', heard);
		const caller = new AbortController();
		const pool = poolOf(never, { check: () => true });
		pool.connectAll(fleet(60), { signal: caller.signal });
		await clock.run(3_000);
		caller.abort();
		await new Promise((resolve) => setImmediate(resolve));
		process.off('warning', heard);
		expect(warnings).toEqual([]);
	});
});

describe('a dial', () => {
	it('is shared by those who ask at the same time, and goes on as long as one of them waits', async () => {
		const pool = poolOf((_node, signal) => {
			signal.addEventListener('abort', () => events.push({ type: 'batch', batch: -1, nodes: 0 }));
			return after(3_000, 'shared');
		});
		const [first, second] = [new AbortController(), new AbortController()];
		const one = pool.connect({ id: 'node' }, { signal: first.signal });
		const two = pool.connect({ id: 'node' }, { signal: second.signal });
		await clock.run(1_000);
		first.abort(new Error('left'));
		await expect(one).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
		await clock.run(2_000);
		await expect(two).resolves.toBe('shared');
		expect(pool.statistics('node')).toMatchObject({ connectionAttempts: 1, state: 'connected' });
		expect(types()).not.toContain('batch');
	});

	it('that all have left is given up, and who comes in the same moment gets one of their own', async () => {
		let dials = 0;
		const pool = poolOf(() => (++dials === 1 ? never() : 'second'));
		const first = new AbortController();
		const one = pool.connect({ id: 'node' }, { signal: first.signal });
		await clock.run(1_000);
		first.abort();
		const two = pool.connect({ id: 'node' });
		await expect(one).rejects.toMatchObject({ code: 'OPERATION_ABORTED' });
		await clock.run(1_000);
		await expect(two).resolves.toBe('second');
	});

	it('that ends too late, in time-out, abort or close, leaves no connection behind', async () => {
		const ended: string[] = [];
		const pool = poolOf((node) => after(15_000, node.id), { maxAttempts: 1, disconnect: (connection) => ended.push(connection) });
		const caller = new AbortController();
		const results = Promise.allSettled([
			pool.connect({ id: 'slow' }),
			pool.connect({ id: 'aborted' }, { signal: caller.signal }),
			pool.connect({ id: 'closed' }),
		]);
		await clock.run(5_000);
		caller.abort();
		await clock.run(5_000);
		await pool.close();
		await results;
		expect(pool.size).toBe(0);
		await clock.run(10_000);
		expect(ended.sort()).toEqual(['aborted', 'closed', 'slow']);
		expect(clock.pending).toBe(0);
	});

	it('whose connect throws, or whose backoff or rule does, fails and harms nothing else', async () => {
		const broken = (): never => {
			throw new Error('a bug of the application');
		};
		for (const options of [{}, { isRetryable: broken }, { backoff: { next: broken } }] as Options[]) {
			const pool = poolOf((node) => (node.id === 'node-2' ? broken() : node.id), options);
			const run = pool.connectAll(fleet(3));
			await clock.run(5_000);
			await expect(run.done).resolves.toMatchObject({ connected: 2, failed: 1 });
		}
		expect(clock.pending).toBe(0);
	});

	it('and all else goes on though every listener throws', async () => {
		const listeners = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		let thrown = 0;
		process.on('uncaughtException', () => void thrown++);
		try {
			const pool = poolOf((node) => node.id);
			pool.onEvent.on(() => {
				throw new Error('a bug of the application');
			});
			const run = pool.connectAll(fleet(3));
			await clock.run(1_000);
			await expect(run.done).resolves.toMatchObject({ connected: 3 });
			await new Promise((resolve) => setImmediate(resolve));
			expect(thrown).toBeGreaterThan(0);
		} finally {
			process.removeAllListeners('uncaughtException');
			for (const listener of listeners) process.on('uncaughtException', listener);
		}
	});
});

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

describe('whatever a fleet does', () => {
	it('limits hold, every node has one result, and close() leaves nothing', async () => {
		const fate = fc.record({ ms: fc.constantFrom(0, 20, 900, 5_000, 30_000), how: fc.constantFrom('up', 'down', 'down once', 'deaf') });
		const rules = fc.record({
			maxConcurrentDials: fc.integer({ min: 1, max: 8 }),
			dialsPerSecond: fc.integer({ min: 1, max: 50 }),
			batchSize: fc.integer({ min: 1, max: 9 }),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 25 }), rules, fc.integer({ min: 0, max: 90_000 }), async (fates, options, closeAtMs) => {
				clock = new FakeClock();
				const open = new Set<object>();
				let dialling = 0;
				const begunMs: number[] = [];
				const tries = new Map<string, number>();
				const connect = async (node: Node, signal: AbortSignal): Promise<object> => {
					const { ms, how } = fates[Number(node.id)] as (typeof fates)[number];
					const attempt = (tries.get(node.id) ?? 0) + 1;
					tries.set(node.id, attempt);
					begunMs.push(clock.now());
					expect(++dialling).toBeLessThanOrEqual(options.maxConcurrentDials);
					let isOver = false;
					const over = (): void => {
						if (!isOver) dialling--;
						isOver = true;
					};
					signal.addEventListener('abort', over);
					await after(ms, null);
					over();
					if (how === 'down' || (how === 'down once' && attempt === 1)) throw new Error('refused');
					if (how !== 'deaf' && signal.aborted) throw signal.reason;
					const connection = {};
					open.add(connection);
					return connection;
				};
				const pool = new ConnectionPool<Node, object>({ clock, connect, disconnect: (connection) => open.delete(connection), check: () => true, ...options });
				const nodes = fates.map((_, index) => ({ id: String(index) }));
				const run = pool.connectAll(nodes);
				await clock.run(closeAtMs);
				expect(open.size).toBeGreaterThanOrEqual(pool.size);
				await pool.close();
				await settle();
				const results: string[] = [];
				for await (const { node } of run) results.push(node.id);
				expect(results.sort()).toEqual(nodes.map(({ id }) => id).sort());
				await clock.run(60_000);
				expect([open.size, pool.size, clock.pending]).toEqual([0, 0, 0]);
				for (let index = options.dialsPerSecond; index < begunMs.length; index++) {
					expect((begunMs[index] as number) - (begunMs[index - options.dialsPerSecond] as number)).toBeGreaterThan(999.999);
				}
			}),
			{ numRuns: 60 },
		);
	}, 60_000);

	it.each([
		[{ maxConcurrentDials: 0 }, 'maxConcurrentDials'],
		[{ dialsPerSecond: 0 }, 'dialsPerSecond'],
		[{ batchSize: 1.5 }, 'batchSize'],
		[{ batchPauseMs: -1 }, 'batchPauseMs'],
		[{ connectTimeoutMs: 0 }, 'connectTimeoutMs'],
		[{ operationTimeoutMs: Number.NaN }, 'operationTimeoutMs'],
		[{ maxAttempts: 0 }, 'maxAttempts'],
		[{ breakerThreshold: 0 }, 'breakerThreshold'],
		[{ breakerOpenMs: 0 }, 'breakerOpenMs'],
		[{ healthCheckEveryMs: 0 }, 'healthCheckEveryMs'],
		[{ healthCheckNodes: 0 }, 'healthCheckNodes'],
	] as const)('%o is named', (options, name) => {
		expect(() => poolOf(never, options)).toThrow(RangeError);
		expect(() => poolOf(never, options)).toThrow(name);
	});

	it.each(['connect', 'disconnect', 'check', 'isRetryable', 'backoff'])('%s must be what it is', (name) => {
		expect(() => poolOf(never, { [name]: 7 })).toThrow(TypeError);
		expect(() => poolOf(never, { [name]: 7 })).toThrow(name);
	});
});
