import { type AbortSignal, type Clock, integerOption, numberOption, systemClock } from '@linkscope/core';
import { LazyAttempt } from './lazy-attempt.js';
import { abortedError, PolicyError } from './policy-error.js';

export interface TokenBucketOptions {
	/** Tokens a second, more than 0. Default 20. */
	perSecond?: number;
	/** Tokens that a quiet time can save up, at least 1. Default 1: evenly spaced. */
	burst?: number;
	/** Those that may wait for a token; one more is refused. Default 10,000. */
	maxWaiting?: number;
	clock?: Clock;
}

/** @throws RangeError naming the option. */
export function tokenBucket(options: TokenBucketOptions = {}): TokenBucket {
	return new TokenBucket(options);
}

interface Waiting {
	granted(): void;
	refused(error: Error): void;
}

/** Hands out so many tokens a second, first come first served. A timer runs only while somebody waits. */
export class TokenBucket {
	readonly #clock: Clock;
	readonly #intervalMs: number;
	readonly #savedMs: number;
	readonly #maxWaiting: number;
	// A set keeps the order, and lets one leave from the middle.
	readonly #waiting = new Set<Waiting>();
	/** When the bucket is full again but for the next token: one number instead of a count and the time it is of. */
	#fullAtMs: number;
	#cancelTimer: (() => void) | undefined;

	constructor(options: TokenBucketOptions = {}) {
		this.#intervalMs = 1_000 / numberOption('perSecond', options.perSecond, 20, 0.001, 1_000_000);
		this.#savedMs = this.#intervalMs * (integerOption('burst', options.burst, 1, 1) - 1);
		this.#maxWaiting = integerOption('maxWaiting', options.maxWaiting, 10_000);
		this.#clock = options.clock ?? systemClock;
		this.#fullAtMs = this.#clock.now();
	}

	/** Those that wait for a token. */
	get waiting(): number {
		return this.#waiting.size;
	}

	/** Milliseconds until somebody who comes now and waits would have a token. */
	get delayMs(): number {
		return Math.max(0, this.#dueInMs() + this.#waiting.size * this.#intervalMs);
	}

	/** A token, if there is one now and nobody waits for it. */
	tryTake(): boolean {
		if (this.#waiting.size > 0 || this.#dueInMs() > 0) return false;
		this.#spend(this.#clock.now());
		return true;
	}

	/**
	 * Resolves when there is a token.
	 * @throws PolicyError RATE_LIMITED where too many wait already, OPERATION_ABORTED.
	 */
	take(signal?: AbortSignal): Promise<void> {
		return this.takeWithin(new LazyAttempt(1, undefined, signal));
	}

	/** The same within an attempt of a policy. */
	takeWithin(attempt: LazyAttempt): Promise<void> {
		const { ended } = attempt;
		if (ended) return Promise.reject(abortedError(ended.reason));
		if (this.tryTake()) return Promise.resolve();
		if (this.#waiting.size >= this.#maxWaiting) return Promise.reject(this.#full());
		return new Promise((resolve, reject) => {
			const stopListening = attempt.onAbort((reason) => {
				this.#waiting.delete(entry);
				if (this.#waiting.size === 0) this.#stopTimer();
				reject(abortedError(reason));
			});
			const entry: Waiting = {
				granted: () => {
					stopListening();
					resolve();
				},
				refused: (error) => {
					stopListening();
					reject(error);
				},
			};
			this.#waiting.add(entry);
			if (this.#waiting.size === 1) this.#startTimer();
		});
	}

	/** Refuses all who wait, and leaves no timer. The bucket can still be used. */
	refuseWaiting(reason?: unknown): void {
		const waiting = [...this.#waiting];
		this.#waiting.clear();
		this.#stopTimer();
		for (const entry of waiting) entry.refused(abortedError(reason));
	}

	#dueInMs(): number {
		return this.#fullAtMs - this.#savedMs - this.#clock.now();
	}

	#spend(sinceMs: number): void {
		this.#fullAtMs = Math.max(this.#fullAtMs, sinceMs) + this.#intervalMs;
	}

	#startTimer(): void {
		this.#cancelTimer = this.#clock.after(
			this.#dueInMs(),
			() => {
				const [first] = this.#waiting;
				if (first === undefined) return;
				this.#waiting.delete(first);
				// A timer that is a little late does not lower the rate; one that is an hour late sets nobody loose.
				this.#spend(this.#clock.now() - this.#intervalMs);
				if (this.#waiting.size > 0) this.#startTimer();
				first.granted();
			},
			// Somebody awaits it.
			{ keepAlive: true },
		);
	}

	#stopTimer(): void {
		this.#cancelTimer?.();
		this.#cancelTimer = undefined;
	}

	#full(): PolicyError {
		const message = `${this.#maxWaiting} wait for a token already, at ${1_000 / this.#intervalMs} a second; come back later or raise maxWaiting`;
		return new PolicyError('RATE_LIMITED', message);
	}
}
