import { settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { after, begin, clock, events, eventTypes, fleet, type Node, never, type Options, poolOf } from './fixtures/test-fleet.js';
import type { PoolResult } from './pool-events.js';

beforeEach(begin);

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
		expect(eventTypes().filter((type) => type === 'attempt')).toHaveLength(2);
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
		expect(eventTypes()).not.toContain('batch');
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
