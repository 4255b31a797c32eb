import type { Clock } from '@linkscope/core';

// An honest relay hands over 50 calls a second to one key, and 200 at once.
const PER_SECOND = 100;
const BURST = 400;

/** Calls of one listener: each makes it dial the relay again, so a hostile relay could keep it busy with nothing else. */
export class CallRate {
	#left = BURST;
	#atMs: number;
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#atMs = clock.now();
	}

	/** @returns false for a call that is one too many. */
	take(): boolean {
		const nowMs = this.#clock.now();
		this.#left = Math.min(BURST, this.#left + ((nowMs - this.#atMs) / 1000) * PER_SECOND);
		this.#atMs = nowMs;
		if (this.#left < 1) return false;
		this.#left--;
		return true;
	}
}
