import { type Clock, every } from '@linkscope/core';

const TICK_MS = 500;

/** Notices that nothing was received for too long. */
export class SilenceWatch {
	readonly #clock: Clock;
	readonly #lossAfterMs: number;
	readonly #silent: (silentMs: number) => void;
	#lastMs: number;
	#cancel = (): void => {};

	/** @param lossAfterMs 0: never. */
	constructor(clock: Clock, lossAfterMs: number, silent: (silentMs: number) => void) {
		this.#clock = clock;
		this.#lossAfterMs = lossAfterMs;
		this.#silent = silent;
		this.#lastMs = clock.now();
	}

	get silentMs(): number {
		return this.#clock.now() - this.#lastMs;
	}

	touch(): void {
		this.#lastMs = this.#clock.now();
	}

	start(): void {
		this.stop();
		this.touch();
		if (this.#lossAfterMs === 0) return;
		let tickedMs = this.#clock.now();
		this.#cancel = every(this.#clock, TICK_MS, () => {
			// So late that we slept or were throttled: the silence was ours, and the peer gets its time.
			if (this.#clock.now() - tickedMs > 2 * TICK_MS) this.touch();
			tickedMs = this.#clock.now();
			if (this.silentMs >= this.#lossAfterMs) this.#silent(this.silentMs);
		});
	}

	stop(): void {
		this.#cancel();
		this.#cancel = () => {};
	}
}
