/** The last so many of something: what is older gives way, and is counted. */
export class Ring<T> {
	readonly #size: number;
	readonly #items: T[] = [];
	#next = 0;
	#dropped = 0;

	constructor(size: number) {
		this.#size = size;
	}

	get length(): number {
		return this.#items.length;
	}

	/** Items that gave way. */
	get dropped(): number {
		return this.#dropped;
	}

	push(item: T): void {
		if (this.#size === 0 || this.#items.length === this.#size) this.#dropped++;
		if (this.#size === 0) return;
		this.#items[this.#next] = item;
		this.#next = (this.#next + 1) % this.#size;
	}

	/** Oldest first. */
	toArray(): T[] {
		return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
	}
}
