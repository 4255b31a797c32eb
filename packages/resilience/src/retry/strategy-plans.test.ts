import { FakeClock } from '@linkscope/core/testing';
import { expect, test } from 'vitest';
import type { RetryStrategy } from './retry-strategy.js';
import { StrategyPlans } from './strategy-plans.js';

const EXPONENTIAL: RetryStrategy = { type: 'EXPONENTIAL', baseDelay: 1_000, maxDelay: 30_000 };

function build() {
	return new StrategyPlans({ clock: new FakeClock(), isRetryable: () => true, random: () => 0.5, pressure: () => 1 });
}

test('strategies that say the same have one plan, the last so many of them', () => {
	const plans = build();
	const plan = plans.of({ ...EXPONENTIAL }, 3);
	expect(plans.of({ ...EXPONENTIAL }, 3)).toBe(plan);
	expect(plans.of({ ...EXPONENTIAL }, 4)).not.toBe(plan);
	expect(plans.of({ ...EXPONENTIAL, jitter: true }, 3)).not.toBe(plan);
	for (let baseDelay = 0; baseDelay < 20; baseDelay++) plans.of({ ...EXPONENTIAL, baseDelay }, 3);
	const anew = plans.of({ ...EXPONENTIAL }, 3);
	expect(anew).not.toBe(plan);
	expect(anew.backoff.next(2, 0)).toBe(2_000);
});

test.each([
	['type', { type: 'SOMETIMES' }],
	['type', {}],
	['baseDelay', { ...EXPONENTIAL, baseDelay: -1 }],
	['baseDelay', { ...EXPONENTIAL, baseDelay: '1000' }],
	['maxDelay', { ...EXPONENTIAL, maxDelay: Number.NaN }],
	['multiplier', { ...EXPONENTIAL, multiplier: 0 }],
	['jitterRange', { ...EXPONENTIAL, jitter: true, jitterRange: 10 }],
	['circuitBreakerThreshold', { ...EXPONENTIAL, circuitBreakerThreshold: 0 }],
	['circuitBreakerTimeout', { ...EXPONENTIAL, circuitBreakerThreshold: 1, circuitBreakerTimeout: -1 }],
	['strategy', null],
	['strategy', 'EXPONENTIAL'],
])('a strategy with a wrong %s is refused by that name', (name, strategy) => {
	const plans = build();
	// A good one that differs in nothing else, which must not be taken for it.
	plans.of(EXPONENTIAL, 3);
	expect(() => plans.of(strategy as RetryStrategy, 3)).toThrow(name);
});
