import { type Backoff, type Clock, integerOption, systemClock } from '@linkscope/core';
import { ComposablePolicy, start, type Task } from '../policies/composable-policy.js';
import { LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';
import { exponential } from './backoffs.js';
import { isRetryable } from './is-retryable.js';
import { percentJitter } from './jitter.js';
import type { RetryDecision, RetryLedger, RetryRule } from './retry-ledger.js';

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

	constructor(options: RetryOptions = {}) {
		super();
		const { backoff = percentJitter(exponential()), ledger, name = 'retry', clock = systemClock } = options;
		if (typeof backoff?.next !== 'function') throw new TypeError('backoff must have next(attempt, previousMs)');
		this.#plan = {
			backoff,
			maxAttempts: maxAttemptsOption(options.maxAttempts),
			isRetryable: options.isRetryable ?? isRetryable,
			clock,
			...(ledger && { decided: (decision) => ledger.record(name, clock.epoch(), decision) }),
		};
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		return runWithRetry(this.#plan, task, attempt);
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
	decided?(decision: RetryDecision): void;
}

/** One operation by a plan. A first try that goes well costs a promise. */
export function runWithRetry<T>(plan: RetryPlan, task: Task<T>, outer: LazyAttempt): Promise<T> {
	const first = outer.number === 1 ? outer : new LazyAttempt(1, outer);
	return start(task, first).then(undefined, (error) => tryAgain(plan, task, outer, error));
}

async function tryAgain<T>(plan: RetryPlan, task: Task<T>, outer: LazyAttempt, firstError: unknown): Promise<T> {
	let error = firstError;
	let delayMs = 0;
	for (let attempt = 1; ; attempt++) {
		const decision = decide(plan, attempt, delayMs, error, outer);
		plan.decided?.(decision);
		if (decision.delayMs === null) throw error;
		delayMs = decision.delayMs;
		await wait(plan.clock, delayMs, outer);
		if (outer.ended) {
			plan.decided?.({ attempt, rule: 'ABORTED', delayMs: null, error });
			throw abortedError(outer.ended.reason);
		}
		try {
			return await task(new LazyAttempt(attempt + 1, outer));
		} catch (thrown) {
			error = thrown;
		}
	}
}

function decide(plan: RetryPlan, attempt: number, previousMs: number, error: unknown, outer: LazyAttempt): RetryDecision {
	const refused = (rule: RetryRule): RetryDecision => ({ attempt, rule, delayMs: null, error });
	if (outer.ended) return refused('ABORTED');
	if (!plan.isRetryable(error)) return refused('NOT_RETRYABLE');
	if (attempt >= plan.maxAttempts) return refused('MAX_ATTEMPTS');
	const delayMs = plan.backoff.next(attempt, previousMs);
	return delayMs === null ? refused('BACKOFF_ENDED') : { attempt, rule: plan.rule ?? 'BACKOFF', delayMs, error };
}

/** Ends early where the caller leaves. */
function wait(clock: Clock, ms: number, attempt: LazyAttempt): Promise<void> {
	return new Promise((resolve) => {
		const cancel = clock.after(
			ms,
			() => {
				stopListening();
				resolve();
			},
			// Somebody awaits it.
			{ keepAlive: true },
		);
		const stopListening = attempt.onAbort(() => {
			cancel();
			resolve();
		});
	});
}
