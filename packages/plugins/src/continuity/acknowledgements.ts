import { type Clock, turnNow } from '@linkscope/core';

const MAX_MESSAGES = 32;
const MAX_LENGTH = 64 * 1024;
const DELAY_MS = 200;

/**
 * When to tell the peer what has arrived: after 32 messages or 64 Ki of their length at the latest, 200 ms after the first of them,
 * or along with a message of ours where the last acknowledgement is that old.
 */
export class Acknowledgements {
	#messages = 0;
	#length = 0;
	#toldAt: number;
	#cancelTimer: (() => void) | null = null;
	readonly #clock: Clock;
	readonly #tell: () => void;

	/** @param tell sends an acknowledgement of all that has arrived, and says so with `told`. */
	constructor(clock: Clock, tell: () => void) {
		this.#clock = clock;
		this.#tell = tell;
		this.#toldAt = clock.now();
	}

	arrived(length: number): void {
		this.#messages++;
		this.#length += length;
		if (this.#messages >= MAX_MESSAGES || this.#length >= MAX_LENGTH) this.#tell();
		else this.#cancelTimer ??= this.#clock.after(DELAY_MS, () => this.#tell());
	}

	/** A message of ours is about to leave. */
	ride(): void {
		if (this.#messages > 0 && turnNow(this.#clock) - this.#toldAt >= DELAY_MS) this.#tell();
	}

	told(): void {
		this.stop();
		this.#messages = 0;
		this.#length = 0;
		this.#toldAt = turnNow(this.#clock);
	}

	stop(): void {
		this.#cancelTimer?.();
		this.#cancelTimer = null;
	}
}
