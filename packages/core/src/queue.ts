/**
 * Counted for every held message beside its own bytes, which may be none: about what an engine needs to keep it. Without it a peer
 * could have millions of empty messages held within any bound on bytes.
 */
export const MESSAGE_OVERHEAD_BYTES = 64;

/** Places at the front that may stand empty before the rest is moved up. */
const LOOSE_PLACES = 1024;

/** First in, first out, each in constant time on average: Array.shift() moves all that follows, and emptying a long array by it takes minutes. */
export class Queue<T extends {}> {
	#items: (T | undefined)[] = [];
	#head = 0;

	get length(): number {
		return this.#items.length - this.#head;
	}

	push(item: T): void {
		this.#items.push(item);
	}

	shift(): T | undefined {
		// By far the most common: keeps the array and its place in memory.
		if (this.#items.length === 1) return this.#items.pop();
		const item = this.#items[this.#head];
		if (item === undefined) return undefined;
		this.#items[this.#head++] = undefined;
		if (this.#head === this.#items.length) this.clear();
		else if (this.#head >= LOOSE_PLACES && this.#head >= this.#items.length / 2) {
			this.#items = this.#items.slice(this.#head);
			this.#head = 0;
		}
		return item;
	}

	/** @returns what was in it, oldest first. */
	clear(): T[] {
		const rest = this.#items.slice(this.#head) as T[];
		this.#items = [];
		this.#head = 0;
		return rest;
	}
}
