/** What can be in one list at a time, and knows in which. */
export interface Linked<T extends Linked<T>> {
	list: LinkedList<T> | null;
	previous: T | null;
	next: T | null;
}

/** Any item joins at either end and leaves from anywhere in constant time, and none costs memory of its own. */
export class LinkedList<T extends Linked<T>> {
	#first: T | null = null;
	#last: T | null = null;

	get first(): T | null {
		return this.#first;
	}

	get last(): T | null {
		return this.#last;
	}

	/** Puts an item that is in no list behind all others. */
	push(item: T): void {
		item.list = this;
		item.previous = this.#last;
		if (this.#last) this.#last.next = item;
		else this.#first = item;
		this.#last = item;
	}

	/** Puts an item that is in no list before all others. */
	unshift(item: T): void {
		item.list = this;
		item.next = this.#first;
		if (this.#first) this.#first.previous = item;
		else this.#last = item;
		this.#first = item;
	}

	remove(item: T): void {
		if (item.previous) item.previous.next = item.next;
		else this.#first = item.next;
		if (item.next) item.next.previous = item.previous;
		else this.#last = item.previous;
		item.list = null;
		item.previous = null;
		item.next = null;
	}
}
