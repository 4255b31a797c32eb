import { type Clock, type Due, TimerHeap, type Unsubscribe } from '@linkscope/core';

/** What has a time at which it is to be looked at: no later than `at`, monotonic ms, which Deadlines keeps. */
export interface Dated extends Due {
	at: number;
}

/**
 * Many deadlines behind one timer.
 * A deadline that moves away, as one does at every heartbeat, stays where it is: it is looked at too early once and then put right.
 */
export class Deadlines<T extends Dated> {
	readonly #heap = new TimerHeap<T>();
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
		if (item.index === -1 || atMs < item.at) this.#move(item, atMs);
		this.#arm();
	}

	remove(item: T): void {
		this.#heap.remove(item);
	}

	clear(): void {
		for (let first = this.#heap.first; first; first = this.#heap.first) this.#heap.remove(first);
		this.#disarm();
	}

	#run(): void {
		const nowMs = this.#clock.now();
		const lateMs = nowMs - this.#armedForMs;
		this.#disarm();
		if (lateMs > 0) this.#overslept(nowMs, lateMs);
		this.#isLooking = true;
		for (let first = this.#heap.first; first && first.at <= nowMs; first = this.#heap.first) {
			// Later than now: else what is due again at once would never let go.
			const nextMs = Math.max(this.#look(first, nowMs), nowMs + 1);
			if (first.index !== -1) this.#move(first, nextMs);
		}
		this.#isLooking = false;
		this.#arm();
	}

	#arm(): void {
		const { first } = this.#heap;
		if (this.#isLooking || !first || first.at >= this.#armedForMs) return;
		this.#disarm();
		this.#armedForMs = first.at;
		this.#cancel = this.#clock.after(first.at - this.#clock.now(), () => this.#run());
	}

	#disarm(): void {
		this.#cancel?.();
		this.#cancel = null;
		this.#armedForMs = Number.POSITIVE_INFINITY;
	}

	#move(item: T, atMs: number): void {
		this.#heap.remove(item);
		item.at = atMs;
		this.#heap.add(item);
	}
}
