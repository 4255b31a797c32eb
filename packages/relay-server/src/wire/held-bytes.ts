/** What all spliced sockets of a relay hold together, for readers that are slow. */
export class HeldBytes {
	#bytes = 0;
	#isTold = false;
	readonly #most: number;
	readonly #onTooMuch: () => void;

	/** @param onTooMuch is called when it becomes more than `most`, and again only after it was half of that. */
	constructor(most: number, onTooMuch: () => void) {
		this.#most = most;
		this.#onTooMuch = onTooMuch;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get isTooMuch(): boolean {
		return this.#bytes > this.#most;
	}

	/** @param change may be less than zero. */
	add(change: number): void {
		this.#bytes += change;
		if (this.#bytes < this.#most / 2) this.#isTold = false;
		if (this.#isTold || !this.isTooMuch) return;
		this.#isTold = true;
		this.#onTooMuch();
	}
}
