import type { Clock, Unsubscribe } from '@linkscope/core';

/** What has a time at which it is to be looked at. */
export interface Dated {
	/** Monotonic ms; kept by Deadlines. */
	dueAtMs: number;
	/** Where it stands among the others; -1: nowhere. */
	place: number;
}

/**
 * Many deadlines behind one timer: a binary heap, the earliest on top.
 * A deadline that moves away, as one does at every heartbeat, stays where it is: it is looked at too early once and then put right.
 */
export class Deadlines<T extends Dated> {
	readonly #heap: T[] = [];
	readonly #clock: Clock;
	readonly #look: (item: T, nowMs: number) => number;
	readonly #overslept: (nowMs: number, lateMs: number) => void;
	#cancel: Unsubscribe | null = null;
	#armedForMs = Number.POSITIVE_INFINITY;
	#isLooking = false;

	/**
	 * @param hooks.look what is due; returns when to look again.
	 * @param hooks.overslept the timer came late: the process slept or was busy.
	 */
	constructor(clock: Clock, hooks: { look(item: T, nowMs: number): number; overslept(nowMs: number, lateMs: number): void }) {
		this.#clock = clock;
		this.#look = hooks.look;
		this.#overslept = hooks.overslept;
	}

	/** It is looked at then, or sooner. */
	byAtLatest(item: T, atMs: number): void {
		if (item.place === -1) {
			item.dueAtMs = atMs;
			this.#heap.push(item);
			this.#rise(item, this.#heap.length - 1);
		} else if (atMs < item.dueAtMs) {
			item.dueAtMs = atMs;
			this.#rise(item, item.place);
		}
		this.#arm();
	}

	remove(item: T): void {
		if (item.place === -1) return;
		const { place } = item;
		item.place = -1;
		const last = this.#heap.pop() as T;
		if (last === item) return;
		this.#rise(last, place);
		this.#sink(last);
	}

	clear(): void {
		for (const item of this.#heap) item.place = -1;
		this.#heap.length = 0;
		this.#disarm();
	}

	#run(): void {
		const nowMs = this.#clock.now();
		const lateMs = nowMs - this.#armedForMs;
		this.#disarm();
		if (lateMs > 0) this.#overslept(nowMs, lateMs);
		this.#isLooking = true;
		for (let first = this.#heap[0]; first && first.dueAtMs <= nowMs; first = this.#heap[0]) {
			// Not before now: else what is due again at once would never let go.
			const nextMs = Math.max(this.#look(first, nowMs), nowMs + 1);
			if (first.place === -1) continue;
			first.dueAtMs = nextMs;
			this.#rise(first, first.place);
			this.#sink(first);
		}
		this.#isLooking = false;
		this.#arm();
	}

	#arm(): void {
		const first = this.#heap[0];
		if (this.#isLooking || !first || first.dueAtMs >= this.#armedForMs) return;
		this.#disarm();
		this.#armedForMs = first.dueAtMs;
		this.#cancel = this.#clock.after(first.dueAtMs - this.#clock.now(), () => this.#run());
	}

	#disarm(): void {
		this.#cancel?.();
		this.#cancel = null;
		this.#armedForMs = Number.POSITIVE_INFINITY;
	}

	#rise(item: T, from: number): void {
		let place = from;
		while (place > 0) {
			const above = this.#heap[(place - 1) >> 1] as T;
			if (above.dueAtMs <= item.dueAtMs) break;
			this.#put(above, place);
			place = (place - 1) >> 1;
		}
		this.#put(item, place);
	}

	#sink(item: T): void {
		let { place } = item;
		for (;;) {
			const left = this.#heap[2 * place + 1];
			const right = this.#heap[2 * place + 2];
			const below = right && left && right.dueAtMs < left.dueAtMs ? right : left;
			if (!below || below.dueAtMs >= item.dueAtMs) break;
			const free = below.place;
			this.#put(below, place);
			place = free;
		}
		this.#put(item, place);
	}

	#put(item: T, place: number): void {
		this.#heap[place] = item;
		item.place = place;
	}
}
