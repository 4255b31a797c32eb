import type { Clock } from '@linkscope/core';
import { maxAttemptsOption, type RetryPlan } from './retry.js';
import { type RetryStrategy, strategyBackoff, strategyCircuit } from './retry-strategy.js';

export interface StrategyPlan extends RetryPlan {
	readonly rule: RetryStrategy['type'];
	readonly circuit: ReturnType<typeof strategyCircuit>;
}

const FIELDS = [
	'type',
	'baseDelay',
	'maxDelay',
	'multiplier',
	'increment',
	'jitter',
	'jitterRange',
	'circuitBreakerThreshold',
	'circuitBreakerTimeout',
] as const;
const MAX_PLANS = 16;

/** Plans of strategies, one for all that say the same: a hundred thousand retries by one strategy need one. */
export class StrategyPlans {
	readonly #plans: { strategy: RetryStrategy; maxAttempts: number | undefined; plan: StrategyPlan }[] = [];
	readonly #create: (strategy: RetryStrategy) => Pick<RetryPlan, 'backoff' | 'isRetryable' | 'clock'>;

	/** @param shared what plans of one manager have in common. */
	constructor(shared: { clock: Clock; isRetryable(error: unknown): boolean; random: () => number; pressure(attempt: number): number }) {
		const { clock, isRetryable, random, pressure } = shared;
		this.#create = (strategy) => ({ backoff: strategyBackoff(strategy, pressure, random), isRetryable, clock });
	}

	/** @throws RangeError or TypeError naming the field. */
	of(strategy: RetryStrategy, maxAttempts: number | undefined): StrategyPlan {
		if (typeof strategy !== 'object' || strategy === null) throw new TypeError(`strategy must be an object with a type, got ${typeof strategy}`);
		const known = this.#plans.find(
			(entry) => Object.is(entry.maxAttempts, maxAttempts) && FIELDS.every((field) => Object.is(entry.strategy[field], strategy[field])),
		);
		if (known) return known.plan;
		const plan = { ...this.#create(strategy), maxAttempts: maxAttemptsOption(maxAttempts), rule: strategy.type, circuit: strategyCircuit(strategy) };
		if (this.#plans.length >= MAX_PLANS) this.#plans.shift();
		// A copy: its owner may change it.
		this.#plans.push({ strategy: { ...strategy }, maxAttempts, plan });
		return plan;
	}
}
