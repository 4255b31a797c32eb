/** How long to wait before the next try. */
export interface Backoff {
	/**
	 * @param attempt 1 before the first try that repeats something.
	 * @param previousMs what was returned last; 0 at first.
	 * @returns milliseconds, or null to give up.
	 */
	next(attempt: number, previousMs: number): number | null;
}
