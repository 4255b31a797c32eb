export interface Timer {
	readonly at: number;
	/** Timers due at one time run in the order in which they were made. */
	readonly order: number;
	readonly fn: () => void;
	/** Its place in the heap; -1 when it is in none. */
	index: number;
}

/** A binary heap that knows where its timers are, so that a hundred thousand can come and be cancelled. */
export class TimerHeap {
	readonly #timers: Timer[] = [];

	get size(): number {
		return this.#timers.length;
	}

	get first(): Timer | undefined {
		return this.#timers[0];
	}

	add(timer: Timer): void {
		this.#timers.push(timer);
		this.#rise(timer, this.#timers.length - 1);
	}

	remove(timer: Timer): void {
		const { index } = timer;
		if (index < 0) return;
		timer.index = -1;
		const last = this.#timers.pop() as Timer;
		if (last === timer) return;
		this.#sink(last, index);
		this.#rise(last, last.index);
	}

	#rise(timer: Timer, from: number): void {
		let index = from;
		while (index > 0) {
			const above = (index - 1) >> 1;
			const parent = this.#timers[above] as Timer;
			if (!isBefore(timer, parent)) break;
			this.#put(parent, index);
			index = above;
		}
		this.#put(timer, index);
	}

	#sink(timer: Timer, from: number): void {
		let index = from;
		for (;;) {
			let below = 2 * index + 1;
			const [left, right] = [this.#timers[below], this.#timers[below + 1]];
			if (right && isBefore(right, left as Timer)) below++;
			const child = this.#timers[below];
			if (!child || !isBefore(child, timer)) break;
			this.#put(child, index);
			index = below;
		}
		this.#put(timer, index);
	}

	#put(timer: Timer, index: number): void {
		this.#timers[index] = timer;
		timer.index = index;
	}
}

function isBefore(one: Timer, other: Timer): boolean {
	return one.at < other.at || (one.at === other.at && one.order < other.order);
}
