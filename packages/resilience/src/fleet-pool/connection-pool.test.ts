import type { AbortSignal } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionPool } from './connection-pool.js';
import { after, begin, clock, type Node, never, poolOf } from './fixtures/test-fleet.js';

beforeEach(begin);

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
				begin();
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
