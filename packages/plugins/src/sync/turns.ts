import type { AbortSignal } from '@linkscope/core';
import { SyncError } from './sync-error.js';

/** So many at a time; the others wait in order. */
export class Turns {
	#free: number;
	#ended: Error | null = null;
	readonly #waiting = new Set<{ resolve(): void; reject(error: Error): void }>();

	constructor(count: number) {
		this.#free = count;
	}

	/** Resolves when it is the caller's turn, which ends with `release()`. @throws SyncError SYNC_ABORTED, and what `end` was given. */
	take(signal?: AbortSignal): Promise<void> {
		const aborted = () => new SyncError('SYNC_ABORTED', 'sync: it was aborted by its signal', { cause: signal?.reason });
		if (this.#ended) return Promise.reject(this.#ended);
		if (signal?.aborted) return Promise.reject(aborted());
		if (this.#free > 0) {
			this.#free--;
			return Promise.resolve();
		}
		return new Promise((resolve, reject) => {
			const onAbort = (): void => {
				this.#waiting.delete(waiter);
				reject(aborted());
			};
			const left = (): void => signal?.removeEventListener('abort', onAbort);
			const waiter = {
				resolve: () => {
					left();
					resolve();
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
		next.resolve();
	}

	end(error: Error): void {
		this.#ended = error;
		for (const waiter of this.#waiting) waiter.reject(error);
		this.#waiting.clear();
	}
}
