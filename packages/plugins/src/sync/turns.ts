import type { AbortSignal } from '@linkscope/core';
import { SyncError } from './sync-error.js';

/** So many at a time; the others wait in order. */
export class Turns {
	#free: number;
	#ended: Error | null = null;
	readonly #waiting = new Set<{ begin(): void; reject(error: Error): void }>();

	constructor(count: number) {
		this.#free = count;
	}

	/**
	 * Begins when it is the caller's turn, which ends with `release()`.
	 * @param begin called at once where a turn is free; from then on the signal is its own to look at.
	 * @throws SyncError SYNC_ABORTED, and what `end` was given; what `begin` does.
	 */
	take<T>(begin: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		const aborted = () => new SyncError('SYNC_ABORTED', 'sync: it was aborted by its signal', { cause: signal?.reason });
		if (this.#ended) return Promise.reject(this.#ended);
		if (signal?.aborted) return Promise.reject(aborted());
		if (this.#free > 0) {
			this.#free--;
			return begin();
		}
		return new Promise<T>((resolve, reject) => {
			const onAbort = (): void => {
				this.#waiting.delete(waiter);
				reject(aborted());
			};
			const left = (): void => signal?.removeEventListener('abort', onAbort);
			const waiter = {
				begin: () => {
					left();
					resolve(begin());
				},
				reject: (error: Error) => {
					left();
					reject(error);
				},
			};
			this.#waiting.add(waiter);
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	}

	release(): void {
		const [next] = this.#waiting;
		if (!next) {
			this.#free++;
			return;
		}
		this.#waiting.delete(next);
		next.begin();
	}

	/** Those who wait, wait no longer. */
	refuse(error: Error): void {
		for (const waiter of this.#waiting) waiter.reject(error);
		this.#waiting.clear();
	}

	end(error: Error): void {
		this.#ended = error;
		this.refuse(error);
	}
}
