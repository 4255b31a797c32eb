import { type Clock, numberOption, systemClock } from '@linkscope/core';
import { ComposablePolicy, start, type Task } from './composable-policy.js';
import { AbortableAttempt, type LazyAttempt } from './lazy-attempt.js';
import { PolicyError } from './policy-error.js';

export interface TimeoutOptions {
	/** Default 10,000. */
	timeoutMs?: number;
	clock?: Clock;
}

/**
 * Gives a task so long. Then its attempt's signal aborts, and the policy rejects with PolicyError OPERATION_TIMEOUT at once;
 * what the task still does is no longer heard.
 * @throws RangeError naming the option.
 */
export function timeout(options: TimeoutOptions = {}): Timeout {
	return new Timeout(options);
}

export class Timeout extends ComposablePolicy {
	readonly timeoutMs: number;
	readonly #clock: Clock;

	constructor(options: TimeoutOptions) {
		super();
		this.timeoutMs = numberOption('timeoutMs', options.timeoutMs, 10_000);
		this.#clock = options.clock ?? systemClock;
	}

	run<T>(task: Task<T>, outer: LazyAttempt): Promise<T> {
		const attempt = new AbortableAttempt(outer.number, outer);
		return new Promise<T>((resolve, reject) => {
			const cancel = this.#clock.after(
				this.timeoutMs,
				() => {
					const error = new PolicyError('OPERATION_TIMEOUT', `the operation did not end within ${this.timeoutMs} ms`);
					// First, so that it is what the caller hears, whatever the task makes of its signal.
					reject(error);
					attempt.abort(error);
				},
				// Somebody awaits it.
				{ keepAlive: true },
			);
			start(task, attempt).then(
				(value) => {
					cancel();
					attempt.leave();
					resolve(value);
				},
				(error) => {
					cancel();
					attempt.leave();
					reject(error);
				},
			);
		});
	}
}
