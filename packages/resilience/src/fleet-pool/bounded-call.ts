import { type AbortSignal, asError, type Clock } from '@linkscope/core';
import { AbortableAttempt, type LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';

export interface CallBounds<T> {
	readonly clock: Clock;
	readonly timeoutMs: number;
	/** What the call rejects with when its time is over. */
	readonly timedOut: () => Error;
	/** Its abort ends the call at once. */
	readonly within: LazyAttempt;
	/** Gets what the task resolved with after nobody waited for it any more. */
	readonly tooLate?: (value: T) => void;
}

/**
 * A call that ends in time and when its caller leaves, also where the task heeds its signal late or never. (`timeout()` lets a task that
 * runs decide how it ends.) Leaves no timer.
 */
export function boundedCall<T>(task: (signal: AbortSignal) => Promise<T> | T, bounds: CallBounds<T>): Promise<T> {
	const { within, clock, timeoutMs, timedOut, tooLate } = bounds;
	if (within.ended) return Promise.reject(abortedError(within.ended.reason));
	return new Promise<T>((resolve, reject) => {
		const attempt = new AbortableAttempt(1, within);
		let hasEnded = false;
		function end(settle: () => void): void {
			if (hasEnded) return;
			hasEnded = true;
			cancelTimeout();
			attempt.leave();
			settle();
		}
		attempt.onAbort((reason) => end(() => reject(abortedError(reason))));
		const cancelTimeout = clock.after(
			timeoutMs,
			() => {
				const error = timedOut();
				end(() => reject(error));
				attempt.abort(error);
			},
			{ keepAlive: true },
		);
		const run = async (): Promise<T> => task(attempt.signal);
		run().then(
			(value) => {
				if (hasEnded) tooLate?.(value);
				else end(() => resolve(value));
			},
			(error) => end(() => reject(asError(error))),
		);
	});
}
