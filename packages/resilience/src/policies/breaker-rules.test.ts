import { FakeClock } from '@linkscope/core/testing';
import * as cockatiel from 'cockatiel';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BreakerRule, consecutiveFailures, failureCount, failureSampling } from './breaker-rules.js';
import { circuitBreaker } from './circuit-breaker.js';

const OPEN_MS = 3_000;
/** Of both sides' sampling: a call falls into the same part of the window. */
const PART_MS = 1_000;

interface Step {
	fails: boolean;
	parts: number;
}

const schedule = fc.array(fc.record({ fails: fc.boolean(), parts: fc.nat({ max: 4 }) }), { maxLength: 60 });
const names = { [cockatiel.CircuitState.Closed]: 'CLOSED', [cockatiel.CircuitState.Open]: 'OPEN', [cockatiel.CircuitState.HalfOpen]: 'HALF_OPEN' } as Record<
	number,
	string
>;

/** What each step did, and in which state it left the circuit. */
async function decisions(steps: readonly Step[], advance: (ms: number) => void, execute: (task: () => Promise<void>) => Promise<void>, state: () => string) {
	const decided: string[] = [];
	for (const { fails, parts } of steps) {
		advance(parts * PART_MS);
		let ran = false;
		const task = async () => {
			ran = true;
			if (fails) throw new Error('down');
		};
		const outcome = await execute(task).then(
			() => 'success',
			(error) => (error.message === 'down' ? 'failure' : 'refused'),
		);
		decided.push(`${ran ? 'ran' : 'did not run'}, ${outcome}, ${state()}`);
	}
	return decided;
}

function ours(steps: readonly Step[], rule: BreakerRule) {
	const clock = new FakeClock();
	const breaker = circuitBreaker({ rule, openMs: OPEN_MS, clock });
	return decisions(
		steps,
		(ms) => clock.advance(ms),
		(task) => breaker.execute(task),
		() => breaker.state,
	);
}

function theirs(steps: readonly Step[], breaker: cockatiel.IBreaker) {
	vi.setSystemTime(Date.UTC(2026, 0, 1));
	const policy = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: OPEN_MS, breaker });
	return decisions(
		steps,
		(ms) => vi.setSystemTime(Date.now() + ms),
		(task) => policy.execute(task),
		() => names[policy.state] as string,
	);
}

describe('decides as cockatiel does on any schedule of successes and failures', () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ['Date'] });
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test('consecutive failures', async () => {
		await fc.assert(
			fc.asyncProperty(schedule, fc.integer({ min: 1, max: 5 }), async (steps, threshold) => {
				expect(await ours(steps, consecutiveFailures(threshold))).toEqual(await theirs(steps, new cockatiel.ConsecutiveBreaker(threshold)));
			}),
		);
	});

	test('a share of the last calls', async () => {
		const options = fc.record({ size: fc.integer({ min: 1, max: 8 }), least: fc.nat(), ratio: fc.constantFrom(0.2, 0.5, 0.7) });
		await fc.assert(
			fc.asyncProperty(schedule, options, async (steps, { size, least, ratio }) => {
				const minimumCalls = 1 + (least % size);
				const rule = failureCount({ size, minimumCalls, failureRatio: ratio });
				expect(await ours(steps, rule)).toEqual(
					await theirs(steps, new cockatiel.CountBreaker({ threshold: ratio, size, minimumNumberOfCalls: minimumCalls })),
				);
			}),
		);
	});

	test('a share of the calls of the last while', async () => {
		const options = fc.record({ seconds: fc.integer({ min: 5, max: 8 }), minimumCalls: fc.integer({ min: 1, max: 6 }), ratio: fc.constantFrom(0.2, 0.5, 0.7) });
		// cockatiel moves on by one part only, however long nothing came; so at most one part passes between two calls.
		const dense = fc.array(fc.record({ fails: fc.boolean(), parts: fc.nat({ max: 1 }) }), { maxLength: 60 });
		await fc.assert(
			fc.asyncProperty(dense, options, async (steps, { seconds, minimumCalls, ratio }) => {
				const rule = failureSampling({ windowMs: seconds * PART_MS, minimumCalls, failureRatio: ratio });
				const breaker = new cockatiel.SamplingBreaker({ threshold: ratio, duration: seconds * PART_MS, minimumRps: minimumCalls / seconds });
				const whileOpen = (lines: string[]) => lines.findIndex((line) => line.endsWith('OPEN'));
				const [mine, other] = [await ours(steps, rule), await theirs(steps, breaker)];
				// Up to the first opening: while it is open nothing is sampled, and theirs falls behind again.
				expect(mine.slice(0, whileOpen(mine) + 1 || undefined)).toEqual(other.slice(0, whileOpen(other) + 1 || undefined));
			}),
		);
	});
});

test('what was sampled before a quiet time does not count after it', () => {
	const clock = new FakeClock();
	const count = failureSampling({ windowMs: 10_000, minimumCalls: 4 })(clock);
	expect([count.failed(), count.failed(), count.failed()]).toEqual([false, false, false]);
	clock.advance(10_000);
	expect(count.failed()).toBe(false);
	count.succeeded();
	expect([count.failed(), count.failed()]).toEqual([false, true]);
});

test('one rule serves many circuits, each with a count of its own', async () => {
	const rule = consecutiveFailures(2);
	const [one, other] = [circuitBreaker({ rule }), circuitBreaker({ rule })];
	const down = () => Promise.reject(new Error('down'));
	await one.execute(down).catch(() => {});
	await other.execute(down).catch(() => {});
	expect([one.state, other.state]).toEqual(['CLOSED', 'CLOSED']);
	await one.execute(down).catch(() => {});
	expect([one.state, other.state]).toEqual(['OPEN', 'CLOSED']);
});

test.each([
	['threshold', () => consecutiveFailures(0)],
	['threshold', () => consecutiveFailures(1.5)],
	['failureRatio', () => failureCount({ failureRatio: 0 })],
	['failureRatio', () => failureSampling({ failureRatio: 1 })],
	['size', () => failureCount({ size: 0 })],
	['minimumCalls', () => failureCount({ size: 5, minimumCalls: 6 })],
	['windowMs', () => failureSampling({ windowMs: 1 })],
	['minimumCalls', () => failureSampling({ minimumCalls: Number.NaN })],
])('%s out of its bounds is named', (name, create) => {
	expect(create).toThrow(RangeError);
	expect(create).toThrow(name);
});
