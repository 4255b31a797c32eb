import type { Backoff } from '@linkscope/core';

const REDIAL_MS = 5_000;

/** Anything from 5 to 10 s, for ever: the peer at the other end does the same, and they should not meet. */
export function redialBackoff(random: () => number = Math.random): Backoff {
	return { next: () => REDIAL_MS * (1 + random()) };
}
