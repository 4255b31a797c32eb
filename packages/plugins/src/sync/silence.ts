import type { Clock } from '@linkscope/core';

/** Tells whenever the peer has been silent for too long, while it is the peer's turn. One timer, however much is heard. */
export class Silence {
	readonly #clock: Clock;
	readonly #limitMs: number;
	readonly #isPeersTurn: () => boolean;
	readonly #onSilence: () => void;
	#heardAtMs: number;
	#cancel = (): void => {};

	constructor(clock: Clock, limitMs: number, isPeersTurn: () => boolean, onSilence: () => void) {
		this.#clock = clock;
		this.#limitMs = limitMs;
		this.#isPeersTurn = isPeersTurn;
		this.#onSilence = onSilence;
		this.#heardAtMs = clock.now();
		this.#wait(limitMs);
	}

	/** Something was heard, or the turn went over to the peer. */
	restart(): void {
		this.#heardAtMs = this.#clock.now();
	}

	end(): void {
		this.#cancel();
	}

	#wait(ms: number): void {
		this.#cancel = this.#clock.after(ms, () => {
			const restMs = this.#heardAtMs + this.#limitMs - this.#clock.now();
			if (restMs > 0) this.#wait(restMs);
			else {
				this.#wait(this.#limitMs);
				if (this.#isPeersTurn()) this.#onSilence();
			}
		});
	}
}
