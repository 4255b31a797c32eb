import { integerOption } from '@linkscope/core';
import { ComposablePolicy, start, type Task } from './composable-policy.js';
import type { LazyAttempt } from './lazy-attempt.js';
import { abortedError, PolicyError } from './policy-error.js';

export interface BulkheadOptions {
	/** Tasks that run at the same time, at least 1. Default 10. */
	maxConcurrent?: number;
	/** Tasks that wait for their turn; one more is refused. Default 1,000. */
	maxWaiting?: number;
}

/**
 * Lets so many tasks run at a time; the others wait, first come first served.
 * @throws RangeError naming the option. The policy rejects with PolicyError BULKHEAD_FULL where too many wait.
 */
export function bulkhead(options: BulkheadOptions = {}): Bulkhead {
	return new Bulkhead(options);
}

export class Bulkhead extends ComposablePolicy {
	readonly #maxConcurrent: number;
	readonly #maxWaiting: number;
	// A set keeps the order, and lets one leave from the middle.
	readonly #waiting = new Set<() => void>();
	#running = 0;

	constructor(options: BulkheadOptions) {
		super();
		this.#maxConcurrent = integerOption('maxConcurrent', options.maxConcurrent, 10, 1);
		this.#maxWaiting = integerOption('maxWaiting', options.maxWaiting, 1_000);
	}

	/** Tasks that run. */
	get running(): number {
		return this.#running;
	}

	/** Tasks that wait for their turn. */
	get waiting(): number {
		return this.#waiting.size;
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		if (this.#running < this.#maxConcurrent) {
			this.#running++;
			return this.#start(task, attempt);
		}
		if (this.#waiting.size >= this.#maxWaiting) {
			const message = `${this.#running} operations run and ${this.#waiting.size} wait; come back later or raise maxWaiting`;
			return Promise.reject(new PolicyError('BULKHEAD_FULL', message));
		}
		return new Promise<T>((resolve, reject) => {
			const stopListening = attempt.onAbort((reason) => {
				this.#waiting.delete(turn);
				reject(abortedError(reason));
			});
			const turn = (): void => {
				stopListening();
				resolve(this.#start(task, attempt));
			};
			this.#waiting.add(turn);
		});
	}

	#start<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		const result = start(task, attempt);
		result.then(this.#ended, this.#ended);
		return result;
	}

	/** The place goes from hand to hand: nobody who comes meanwhile takes it from one who waited. */
	readonly #ended = (): void => {
		const [next] = this.#waiting;
		if (next === undefined) {
			this.#running--;
			return;
		}
		this.#waiting.delete(next);
		next();
	};
}
