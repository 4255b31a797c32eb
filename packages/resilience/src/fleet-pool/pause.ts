import type { Clock } from '@linkscope/core';
import type { LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';

/** @throws PolicyError OPERATION_ABORTED at once when it ends. Leaves no timer. */
export function pause(clock: Clock, ms: number, within: LazyAttempt): Promise<void> {
	if (within.ended) return Promise.reject(abortedError(within.ended.reason));
	return new Promise((resolve, reject) => {
		const stopListening = within.onAbort((reason) => {
			cancel();
			reject(abortedError(reason));
		});
		const cancel = clock.after(
			ms,
			() => {
				stopListening();
				resolve();
			},
			{ keepAlive: true },
		);
	});
}
