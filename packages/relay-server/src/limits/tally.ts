/** Counts by key, up to a limit; a key that is back at zero is forgotten. */
export class Tally {
	readonly #counts = new Map<string, number>();
	readonly #limit: number;
	#total = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** Keys that are not at zero. */
	get size(): number {
		return this.#counts.size;
	}

	get total(): number {
		return this.#total;
	}

	/** @returns false at the limit. */
	add(key: string): boolean {
		const count = this.#counts.get(key) ?? 0;
		if (count >= this.#limit) return false;
		this.#counts.set(key, count + 1);
		this.#total++;
		return true;
	}

	remove(key: string): void {
		const count = this.#counts.get(key) ?? 0;
		if (count === 0) return;
		this.#total--;
		if (count === 1) this.#counts.delete(key);
		else this.#counts.set(key, count - 1);
	}
}
