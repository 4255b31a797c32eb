import { type Backoff, type Clock, codeOf, integerOption, systemClock } from '@linkscope/core';
import { ComposablePolicy, start, type Task } from '../policies/composable-policy.js';
import { LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';
import { exponential } from './backoffs.js';
import { isRetryable } from './is-retryable.js';
import { percentJitter } from './jitter.js';
import type { RetryDecision, RetryLedger, RetryRule } from './retry-ledger.js';
import { wait } from './wait.js';

export interface RetryOptions {
	/** Default: 1 s doubling to 30 s, ±10 %. */
	backoff?: Backoff;
	/** Tries in all, at least 1; Infinity: as long as the backoff goes on. Default 3. */
	maxAttempts?: number;
	/** Default `isRetryable`: all but what cannot succeed. */
	isRetryable?(error: unknown): boolean;
	/** Where every retry and refusal is written down. */
	ledger?: RetryLedger;
	/** For the ledger. Default 'retry'. */
	name?: string;
	clock?: Clock;
}

/**
 * Repeats a task that fails, after the waits of a backoff. What it rejects with in the end is what the last try did.
 * @throws RangeError naming the option. The policy rejects with PolicyError OPERATION_ABORTED where its caller leaves while it waits.
 */
export function retry(options: RetryOptions = {}): Retry {
	return new Retry(options);
}

export class Retry extends ComposablePolicy {
	readonly #plan: RetryPlan;
	readonly #observer: RetryObserver | undefined;

	constructor(options: RetryOptions = {}) {
		super();
		const { backoff = percentJitter(exponential()), ledger, name = 'retry', clock = systemClock } = options;
		if (typeof backoff?.next !== 'function') throw new TypeError('backoff must have next(attempt, previousMs)');
		this.#plan = {
			backoff,
			maxAttempts: maxAttemptsOption(options.maxAttempts),
			isRetryable: options.isRetryable ?? isRetryable,
			clock,
		};
		this.#observer = ledger && { decided: (decision) => ledger.record(name, clock.epoch(), decision) };
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		return runWithRetry(this.#plan, task, attempt, this.#observer);
	}
}

/** Tries in all. */
export function maxAttemptsOption(value: number | undefined): number {
	return integerOption('maxAttempts', value, 3, 1, Number.POSITIVE_INFINITY);
}

export interface RetryPlan {
	readonly backoff: Backoff;
	readonly maxAttempts: number;
	isRetryable(error: unknown): boolean;
	readonly clock: Clock;
	/** What a retry is called in the ledger. Default 'BACKOFF'. */
	readonly rule?: RetryRule;
}

export interface RetryObserver {
	/** After every try that failed; and where the caller leaves during a wait, once more. */
	decided(decision: RetryDecision): void;
}

/** One operation by a plan. A first try that goes well costs a promise. */
export function runWithRetry<T>(plan: RetryPlan, task: Task<T>, outer: LazyAttempt, observer?: RetryObserver): Promise<T> {
	const first = outer.number === 1 ? outer : new LazyAttempt(1, outer);
	return start(task, first).then(undefined, (error) => tryAgain(plan, task, outer, observer, error));
}

async function tryAgain<T>(plan: RetryPlan, task: Task<T>, outer: LazyAttempt, observer: RetryObserver | undefined, firstError: unknown): Promise<T> {
	let error = firstError;
	let delayMs = 0;
	for (let attempt = 1; ; attempt++) {
		const decision = decide(plan, attempt, delayMs, error, outer);
		observer?.decided(decision);
		if (decision.delayMs === null) throw decision.error;
		delayMs = decision.delayMs;
		await wait(plan.clock, delayMs, outer);
		if (outer.ended) {
			observer?.decided({ attempt, rule: 'ABORTED', delayMs: null, error });
			throw abortedError(outer.ended.reason);
		}
		try {
			return await task(new LazyAttempt(attempt + 1, outer));
		} catch (thrown) {
			error = thrown;
		}
	}
}

/** What is done after a try that failed. */
export function decide(plan: RetryPlan, attempt: number, previousMs: number, error: unknown, outer: LazyAttempt): RetryDecision {
	const refused = (rule: RetryRule, why = error): RetryDecision => ({ attempt, rule, delayMs: null, error: why });
	if (outer.ended) return refused('ABORTED');
	try {
		if (!plan.isRetryable(error)) return refused(codeOf(error) === 'CIRCUIT_OPEN' ? 'CIRCUIT_OPEN' : 'NOT_RETRYABLE');
		if (attempt >= plan.maxAttempts) return refused('MAX_ATTEMPTS');
		const delayMs = plan.backoff.next(attempt, previousMs);
		if (delayMs === null) return refused('BACKOFF_ENDED');
		if (!(delayMs >= 0)) throw new TypeError(`backoff.next must return milliseconds from 0 up, or null; it returned ${String(delayMs)}`);
		return { attempt, rule: plan.rule ?? 'BACKOFF', delayMs, error };
	} catch (thrown) {
		// By the application's own isRetryable or backoff: that is what its caller should hear.
		return refused('NOT_RETRYABLE', thrown);
	}
}
