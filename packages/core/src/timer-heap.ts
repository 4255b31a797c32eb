/** What has a time: a timer, or a thing that is its own. */
export interface Due {
	/** Not to be changed while it is in a heap. */
	readonly at: number;
	/** Those due at one time come in the order of these. */
	readonly order: number;
	/** Its place in the heap; -1 when it is in none. */
	index: number;
}

export interface Timer extends Due {
	readonly fn: () => void;
}

/** A binary heap that knows where its timers are, so that a hundred thousand can come and be cancelled. */
export class TimerHeap<T extends Due = Timer> {
	readonly #timers: T[] = [];

	get size(): number {
		return this.#timers.length;
	}

	get first(): T | undefined {
		return this.#timers[0];
	}

	add(timer: T): void {
		this.#timers.push(timer);
		this.#rise(timer, this.#timers.length - 1);
	}

	remove(timer: T): void {
		const { index } = timer;
		if (index < 0) return;
		timer.index = -1;
		const last = this.#timers.pop() as T;
		if (last === timer) return;
		this.#sink(last, index);
		this.#rise(last, last.index);
	}

	#rise(timer: T, from: number): void {
		let index = from;
		while (index > 0) {
			const above = (index - 1) >> 1;
			const parent = this.#timers[above] as T;
			if (!isBefore(timer, parent)) break;
			this.#put(parent, index);
			index = above;
		}
		this.#put(timer, index);
	}

	#sink(timer: T, from: number): void {
		let index = from;
		for (;;) {
			let below = 2 * index + 1;
			const [left, right] = [this.#timers[below], this.#timers[below + 1]];
			if (right && isBefore(right, left as T)) below++;
			const child = this.#timers[below];
			if (!child || !isBefore(child, timer)) break;
			this.#put(child, index);
			index = below;
		}
		this.#put(timer, index);
	}

	#put(timer: T, index: number): void {
		this.#timers[index] = timer;
		timer.index = index;
	}
}

function isBefore(one: Due, other: Due): boolean {
	return one.at < other.at || (one.at === other.at && one.order < other.order);
}
