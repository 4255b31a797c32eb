import { settle } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { after, begin, clock, fleet, type Options, poolOf as quietPoolOf } from './fixtures/test-fleet.js';
import type { PoolEvent } from './pool-events.js';

// The timing examples of seeds/000. Their clocks begin with the start of the command; connecting begins at 3 s (100 nodes) or 5 s (1,000).

let told: { second: number; event: PoolEvent }[];

beforeEach(() => {
	begin();
	told = [];
});

function poolOf(connect: Parameters<typeof quietPoolOf>[0], options: Options = {}) {
	const pool = quietPoolOf(connect, options);
	pool.onEvent.on((event) => told.push({ second: clock.now() / 1_000, event }));
	return pool;
}

function seconds(type: PoolEvent['type']): number[] {
	return told.filter(({ event }) => event.type === type).map(({ second }) => second);
}

describe('100 nodes', () => {
	it('begin in four batches within 6 s and are connected within 15 s', async () => {
		await clock.run(3_000);
		const pool = poolOf((node) => after(4_000, `to ${node.id}`));
		const run = pool.connectAll(fleet(100));
		await clock.run(12_000);
		const batches = seconds('batch');
		expect(batches).toHaveLength(4);
		// 25 dials at 20/s take 1.25 s: the seed's 3, 4, 5 and 6 s are 1 s apart.
		for (const [index, second] of [3, 4.2, 5.45, 6.7].entries()) expect(batches[index]).toBeCloseTo(second, 6);
		expect(run.progress).toEqual({ total: 100, connected: 100, failed: 0, skipped: 0, aborted: 0, pending: 0 });
		expect(seconds('connected').at(-1)).toBeCloseTo(3 + 99 * 0.05 + 4, 6);
	});
});

describe('1,000 nodes', () => {
	it('are dialled at 20/s, the last batch begins by 53.75 s, and all are connected within 90 s', async () => {
		await clock.run(5_000);
		let dialling = 0;
		let most = 0;
		const pool = poolOf(async (node) => {
			most = Math.max(most, ++dialling);
			await after(4_000, null);
			dialling--;
			return node.id;
		});
		const run = pool.connectAll(fleet(1_000));
		await clock.run(85_000);
		expect(run.progress).toMatchObject({ connected: 1_000, pending: 0 });
		expect(seconds('batch')).toHaveLength(40);
		expect(seconds('batch').at(-1)).toBeLessThanOrEqual(53.75);
		expect(seconds('attempt').at(-1)).toBeCloseTo(5 + 999 * 0.05, 6);
		// 20 a second that take 4 s each.
		expect(most).toBe(80);
		expectNoSecondWithMore(seconds('attempt'), 20);
	});

	it('are never dialled by more than 100 at once, though none answers', async () => {
		let dialling = 0;
		let most = 0;
		const pool = poolOf(
			(_node, signal) =>
				new Promise((_resolve, reject) => {
					most = Math.max(most, ++dialling);
					signal.addEventListener('abort', () => {
						dialling--;
						reject(signal.reason);
					});
				}),
		);
		const run = pool.connectAll(fleet(1_000));
		await clock.run(400_000);
		expect(run.progress).toMatchObject({ failed: 1_000, pending: 0 });
		expect(most).toBe(100);
		expectNoSecondWithMore(seconds('attempt'), 20);
		expect(clock.pending).toBe(0);
	});

	it('begin their batches 0.5 s apart where the rate would let them sooner', async () => {
		const pool = poolOf(() => 'at once', { dialsPerSecond: 1_000_000 });
		pool.connectAll(fleet(100));
		await clock.run(2_000);
		expect(seconds('batch')).toEqual([0, 0.5, 1, 1.5]);
	});
});

describe('a node that does not answer', () => {
	it('is tried at 0 and 12 s and spared from 22 s, with the tries of its dial used up, until 202 s', async () => {
		const node = { id: 'ABC123' };
		const pool = poolOf(() => new Promise(() => {}));
		const [result] = await Promise.all([pool.connect(node).catch((error) => error), clock.run(22_000)]);
		expect(result).toMatchObject({ name: 'FleetError', code: 'NODE_TIMEOUT' });
		expect(seconds('attempt')).toEqual([0, 12]);
		expect(seconds('breaker')).toEqual([22]);
		expect(pool.statistics('ABC123')).toEqual({
			connectionAttempts: 2,
			successfulConnections: 0,
			failedConnections: 2,
			consecutiveFailures: 2,
			lastAttemptTime: clock.epoch() - 10_000,
			lastSuccessTime: null,
			connectionStartTime: null,
			state: 'disconnected',
			breaker: 'OPEN',
		});
		await clock.run(179_999);
		await expect(pool.connect(node)).rejects.toMatchObject({ code: 'NODE_SPARED' });
		expect(pool.statistics('ABC123').connectionAttempts).toBe(2);
		await clock.run(1);
		void pool.connect(node).catch(() => {});
		await settle();
		expect([seconds('attempt').at(-1), pool.statistics('ABC123').breaker]).toEqual([202, 'HALF_OPEN']);
	});

	it('has one try as a probe, and is spared again where that fails', async () => {
		const node = { id: 'ABC123' };
		const pool = poolOf(() => Promise.reject(new Error('refused')), { breakerThreshold: 10 });
		await Promise.all([pool.connect(node).catch(() => {}), clock.run(2_000)]);
		await clock.run(180_000);
		await expect(pool.connect(node)).rejects.toThrow('refused');
		expect(seconds('attempt')).toEqual([0, 2, 182]);
		await expect(pool.connect(node)).rejects.toMatchObject({ code: 'NODE_SPARED' });
		expect(told.flatMap(({ event }) => (event.type === 'breaker' ? [event.state] : []))).toEqual(['OPEN', 'HALF_OPEN', 'OPEN']);
	});

	it('is dialled as before once its probe went well', async () => {
		const node = { id: 'ABC123' };
		let isUp = false;
		const pool = poolOf(() => (isUp ? 'up' : Promise.reject(new Error('refused'))));
		await Promise.all([pool.connect(node).catch(() => {}), clock.run(2_000)]);
		isUp = true;
		await clock.run(180_000);
		await expect(pool.connect(node)).resolves.toBe('up');
		expect(pool.statistics('ABC123')).toMatchObject({
			breaker: 'CLOSED',
			consecutiveFailures: 0,
			successfulConnections: 1,
			connectionStartTime: clock.epoch(),
		});
		await pool.remove('ABC123');
		isUp = false;
		const [error] = await Promise.all([pool.connect(node).catch((thrown) => thrown), clock.run(3_000)]);
		expect([error.message, pool.statistics('ABC123').connectionAttempts]).toEqual(['refused', 5]);
	});

	it('is spared after 3 failures in a row before its tries are used up', async () => {
		const pool = poolOf(() => Promise.reject(new Error('refused')), { maxAttempts: 10 });
		await Promise.all([pool.connect({ id: 'node' }).catch(() => {}), clock.run(60_000)]);
		expect([seconds('attempt'), seconds('breaker')]).toEqual([[0, 2, 6], [6]]);
	});

	it('is not tried again where that cannot help', async () => {
		const pool = poolOf(() => Promise.reject(Object.assign(new Error('refused'), { closeCode: 4401 })));
		await expect(pool.connect({ id: 'node' })).rejects.toThrow('refused');
		expect([seconds('attempt'), pool.statistics('node').breaker, clock.pending]).toEqual([[0], 'OPEN', 0]);
	});
});

/** Any window of a second, its end excluded. */
function expectNoSecondWithMore(times: readonly number[], limit: number): void {
	for (let index = limit; index < times.length; index++) {
		expect((times[index] as number) - (times[index - limit] as number)).toBeGreaterThan(0.999_999);
	}
}
