import { type Backoff, numberOption } from '@linkscope/core';

export interface PercentJitterOptions {
	/** How far a wait may lie from the one it is made of: 0.1 is ±10 %. From 0 to 1, default 0.1. */
	ratio?: number;
	/** No wait is shorter. Default 0. */
	minDelayMs?: number;
	/** No wait is longer. Default: none, so that waits spread around a bound of the backoff below instead of meeting at it. */
	maxDelayMs?: number;
	/** From 0 to 1. */
	random?: () => number;
}

export interface DecorrelatedJitterOptions {
	/** No wait is shorter. Default 1,000. */
	baseDelayMs?: number;
	/** No wait is longer. Default 30,000. */
	maxDelayMs?: number;
	/** From 0 to 1. */
	random?: () => number;
}

/**
 * Spreads the waits of another backoff evenly over ± so many per cent.
 * @throws RangeError naming the option.
 */
export function percentJitter(backoff: Backoff, options: PercentJitterOptions = {}): Backoff {
	const ratio = numberOption('ratio', options.ratio, 0.1, 0, 1);
	const minDelayMs = numberOption('minDelayMs', options.minDelayMs, 0);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, Number.MAX_SAFE_INTEGER);
	const { random = Math.random } = options;
	return {
		next(attempt, previousMs) {
			const middleMs = backoff.next(attempt, previousMs);
			if (middleMs === null) return null;
			// Drawn between the bounds rather than cut at them: what is cut comes at one moment again.
			const lowMs = Math.max(middleMs * (1 - ratio), minDelayMs);
			const highMs = Math.min(middleMs * (1 + ratio), maxDelayMs);
			return Math.max(lowMs + (highMs - lowMs) * random(), minDelayMs);
		},
	};
}

/**
 * Anything from the base to three times the wait before: it grows like an exponential one, and two that began together soon part.
 * @throws RangeError naming the option.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function decorrelatedJitter(options: DecorrelatedJitterOptions = {}): Backoff {
	const baseDelayMs = numberOption('baseDelayMs', options.baseDelayMs, 1_000);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, 30_000);
	const { random = Math.random } = options;
	return {
		next(_attempt, previousMs) {
			const lowMs = Math.min(baseDelayMs, maxDelayMs);
			const highMs = Math.min(Math.max(previousMs, baseDelayMs) * 3, maxDelayMs);
			return lowMs + (highMs - lowMs) * random();
		},
	};
}
