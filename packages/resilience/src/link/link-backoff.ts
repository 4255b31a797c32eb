import type { Backoff } from '@linkscope/core';

const QUICK_TRIES = 4;
const QUICK_MS = 400;
const GROWTH = 3;
const LONGEST_MS = 30_000;

/**
 * Anything from 0 to a bound: 400 ms for four tries, so that a restart of half a second is over as soon as it is over, and from there three times as long each time,
 * up to 30 s, so that an outage of a minute takes no more dials than those who begin slowly. It never gives up.
 * @param random from 0 to 1.
 */
export function linkBackoff(random: () => number = Math.random): Backoff {
	return {
		next(attempt) {
			const boundMs = QUICK_MS * GROWTH ** Math.min(Math.max(attempt - QUICK_TRIES, 0), 10);
			return random() * Math.min(boundMs, LONGEST_MS);
		},
	};
}
