import { type Backoff, integerOption, numberOption } from '@linkscope/core';

export interface FullJitterOptions {
	/** Upper bound of the first wait. Default 1,000. */
	baseDelayMs?: number;
	/** Upper bound of every wait. Default 30,000. */
	maxDelayMs?: number;
	/** Gives up after so many tries. Default: never. */
	maxAttempts?: number;
	/** From 0 to 1. */
	random?: () => number;
}

/**
 * Waits anything from 0 to a bound that doubles, so that a thousand clients that lost one server do not come back at the same moment.
 * It keeps nothing: one may serve any number of users.
 * @throws RangeError naming the option.
 */
export function fullJitter(options: FullJitterOptions = {}): Backoff {
	const baseDelayMs = numberOption('baseDelayMs', options.baseDelayMs, 1_000);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, 30_000);
	const maxAttempts = integerOption('maxAttempts', options.maxAttempts, Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY);
	const { random = Math.random } = options;
	return {
		next: (attempt) => (attempt > maxAttempts ? null : random() * Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempt - 1, 30))),
	};
}
