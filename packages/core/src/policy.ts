import type { AbortSignal } from './platform.js';

/** What a task learns of the try it is. */
export interface Attempt {
	/** 1 for the first. */
	readonly number: number;
	/** Aborts when the policy gives this try up: its time is over, or the caller has left. */
	readonly signal: AbortSignal;
}

/** How a task is run: repeated, bounded in time or number, or not at all. Policies nest: the task of one may run in another. */
export interface Policy {
	execute<T>(task: (attempt: Attempt) => Promise<T> | T, signal?: AbortSignal): Promise<T>;
}
