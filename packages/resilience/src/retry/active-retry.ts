import type { AbortSignal, Timer, Unsubscribe } from '@linkscope/core';
import type { CircuitBreaker } from '../policies/circuit-breaker.js';
import { start, type Task } from '../policies/composable-policy.js';
import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';
import { decide, type RetryPlan } from './retry.js';
import type { RetryDecision } from './retry-ledger.js';
import type { Waits } from './waits.js';

/** What a retry tells its manager. */
export interface RetryHost {
	readonly waits: Waits;
	attempted(run: ActiveRetry, attempt: number): void;
	/** After every try that failed; and where it is cancelled during a wait, once more for the same try. */
	decided(run: ActiveRetry, decision: RetryDecision, again: boolean): void;
	succeeded(run: ActiveRetry): void;
	/** No further try. */
	gaveUp(run: ActiveRetry, decision: RetryDecision): void;
}

/**
 * One operation under way or waiting. Fields instead of promises and closures, and no timer of its own:
 * there may be a hundred thousand, and each has at most 500 bytes while it waits.
 */
export class ActiveRetry implements Timer {
	readonly id: string;
	readonly plan: RetryPlan;
	readonly startedAtMs: number;
	/** When the next try begins. */
	at = 0;
	order = 0;
	index = -1;
	/** Tries that a circuit did not refuse. */
	attempts = 0;
	#failures = 0;
	readonly #host: RetryHost;
	readonly #operation: Task<unknown>;
	readonly #breaker: CircuitBreaker | undefined;
	readonly #resolve: (value: unknown) => void;
	readonly #reject: (error: unknown) => void;
	/** The try that is under way. */
	#current: AbortableAttempt | undefined;
	#unfollow: Unsubscribe | undefined;

	constructor(host: RetryHost, call: RetryCall, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
		this.#host = host;
		this.id = call.id;
		this.plan = call.plan;
		this.startedAtMs = call.plan.clock.now();
		this.#operation = call.operation;
		this.#breaker = call.breaker;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	/** It ends with that signal. */
	follow(signal: AbortSignal): void {
		this.#unfollow = new LazyAttempt(1, undefined, signal).onAbort((reason) => this.cancel(reason));
	}

	/** Begins the first try after that long; 0: now. */
	begin(laterMs: number): void {
		if (laterMs > 0) this.#wait(laterMs);
		else this.fn();
	}

	/** The next try. */
	fn(): void {
		const attempt = new AbortableAttempt(this.#failures + 1, NEVER_ABORTED);
		this.#current = attempt;
		// What a circuit refuses is no attempt.
		const task: Task<unknown> = (inside) => {
			this.attempts++;
			this.#host.attempted(this, attempt.number);
			return this.#operation(inside);
		};
		const result = this.#breaker ? this.#breaker.run(task, attempt) : start(task, attempt);
		result.then(
			(value) => {
				this.#unfollow?.();
				this.#host.succeeded(this);
				this.#resolve(value);
			},
			(error) => this.#failed(attempt, error),
		);
	}

	/** One that waits ends at once; one that runs is told by its signal, and not repeated. */
	cancel(reason: unknown): void {
		if (this.#current) this.#current.abort(reason);
		else this.#cancelWait(reason);
	}

	#failed(attempt: AbortableAttempt, error: unknown): void {
		this.#failures++;
		const decision = decide(this.plan, this.#failures, 0, error, attempt);
		this.#host.decided(this, decision, false);
		if (decision.delayMs === null) {
			this.#giveUp(decision);
			return;
		}
		// Nothing of the try is kept while it waits: an error with its stack takes a kilobyte.
		this.#current = undefined;
		// By a listener that heard of the decision.
		if (attempt.ended) this.#cancelWait(attempt.ended.reason);
		else this.#wait(decision.delayMs);
	}

	#wait(ms: number): void {
		this.at = this.plan.clock.now() + ms;
		this.#host.waits.add(this);
	}

	#cancelWait(reason: unknown): void {
		this.#host.waits.remove(this);
		const decision: RetryDecision = { attempt: this.#failures, rule: 'ABORTED', delayMs: null, error: abortedError(reason) };
		this.#host.decided(this, decision, true);
		this.#giveUp(decision);
	}

	#giveUp(decision: RetryDecision): void {
		this.#unfollow?.();
		this.#host.gaveUp(this, decision);
		this.#reject(decision.error);
	}
}

export interface RetryCall {
	readonly id: string;
	readonly plan: RetryPlan;
	readonly operation: Task<unknown>;
	readonly breaker: CircuitBreaker | undefined;
}

const NEVER_ABORTED = new LazyAttempt(1);
