import type { Clock } from '@linkscope/core';
import type { LazyAttempt } from '../policies/lazy-attempt.js';

/** Resolves after that long, or as soon as the attempt is aborted: at once where it is. */
export function wait(clock: Clock, ms: number, attempt: LazyAttempt): Promise<void> {
	if (attempt.ended) return Promise.resolve();
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
