import type { AbortSignal, Attempt, Policy } from '@linkscope/core';
import { LazyAttempt } from './lazy-attempt.js';
import { abortedError } from './policy-error.js';

export type Task<T> = (attempt: Attempt) => Promise<T> | T;

/** What our policies share: the attempt of the policy around goes on to the task, so that number and signal survive any nesting. */
export abstract class ComposablePolicy implements Policy {
	/**
	 * @param signal aborts what waits; a task that already runs is told by its attempt's signal, and its outcome stands.
	 * @throws PolicyError OPERATION_ABORTED; what the task throws; what the policy refuses with.
	 */
	execute<T>(task: Task<T>, signal?: AbortSignal): Promise<T> {
		if (typeof task !== 'function') return Promise.reject(new TypeError(`task must be a function, got ${typeof task}`));
		if (signal !== undefined) {
			if (typeof signal?.addEventListener !== 'function') return Promise.reject(new TypeError(`signal must be an AbortSignal, got ${typeof signal}`));
			if (signal.aborted) return Promise.reject(abortedError(signal.reason));
		}
		return this.run(task, new LazyAttempt(1, undefined, signal));
	}

	/** The same within an attempt of the policy around. */
	abstract run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T>;
}

/** Calls the task: whatever it does, a promise comes of it. */
export function start<T>(task: Task<T>, attempt: Attempt): Promise<T> {
	try {
		return Promise.resolve(task(attempt));
	} catch (error) {
		return Promise.reject(error);
	}
}
