/** So many counters back a record that was overtaken is still taken. */
export const WINDOW_RECORDS = 2048;

/** Which counters of one key were seen (RFC 6479: a ring of words, nothing is shifted). */
export class ReplayWindow {
	// One word more than the window: the oldest is being overwritten.
	readonly #words = new Uint32Array(WINDOW_RECORDS / 32 + 1);
	#next = 0;

	/** Whether a record with this counter may be opened: not seen, and not older than the window. */
	isFresh(counter: number): boolean {
		if (counter >= this.#next) return true;
		if (this.#next - counter > WINDOW_RECORDS) return false;
		return (this.#wordOf(counter) & bitOf(counter)) === 0;
	}

	/** To be called once a fresh record has opened: what was forged moves nothing. */
	add(counter: number): void {
		if (counter >= this.#next) this.#moveTo(counter);
		this.#words[this.#indexOf(counter)] = this.#wordOf(counter) | bitOf(counter);
	}

	#moveTo(counter: number): void {
		const last = Math.floor((this.#next - 1) / 32);
		const block = Math.floor(counter / 32);
		// More than a whole turn ahead clears every word once.
		for (let i = 1; i <= Math.min(block - last, this.#words.length); i++) this.#words[(last + i) % this.#words.length] = 0;
		this.#next = counter + 1;
	}

	#wordOf(counter: number): number {
		return this.#words[this.#indexOf(counter)] as number;
	}

	#indexOf(counter: number): number {
		return Math.floor(counter / 32) % this.#words.length;
	}
}

function bitOf(counter: number): number {
	return 1 << (counter % 32);
}
