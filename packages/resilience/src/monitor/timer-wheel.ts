import type { Clock, Unsubscribe } from '@linkscope/core';
import { type Linked, LinkedList } from './linked-list.js';

/** A check that is a tenth of a second late harms nobody; a timer for each of 100,000 nodes does. */
export const TICK_MS = 100;

/** One turn is 13.6 minutes: the longest default interval falls within it. What is due later stays in its slot for another turn. */
const SLOTS = 8_192;

/** A timer of a wheel: made once, set any number of times. */
export class WheelTimer implements Linked<WheelTimer> {
	list: LinkedList<WheelTimer> | null = null;
	previous: WheelTimer | null = null;
	next: WheelTimer | null = null;
	dueTick = 0;
	readonly fire: () => void;

	constructor(fire: () => void) {
		this.fire = fire;
	}
}

/** Any number of timers over one of the clock's, which is set only while one of them is. They fire up to 100 ms late, never early. */
export class TimerWheel {
	readonly #clock: Clock;
	readonly #slots: (LinkedList<WheelTimer> | undefined)[] = new Array(SLOTS);
	/** Those that fire in this turn of the loop. */
	readonly #due = new LinkedList<WheelTimer>();
	#size = 0;
	/** All ticks up to this one have been run. */
	#tick = 0;
	#armedTick = Number.POSITIVE_INFINITY;
	#disarm: Unsubscribe = () => {};

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** How many timers are set. */
	get size(): number {
		return this.#size;
	}

	/** Sets a timer, or moves it if it is set. */
	set(timer: WheelTimer, atMs: number): void {
		this.#unlink(timer);
		if (this.#size === 0) this.#tick = this.#tickNow();
		timer.dueTick = Math.max(Math.ceil(atMs / TICK_MS), this.#tick + 1);
		this.#slotOf(timer.dueTick).push(timer);
		this.#size++;
		if (timer.dueTick < this.#armedTick) this.#arm(timer.dueTick);
	}

	/** Does nothing where the timer is not set. */
	clear(timer: WheelTimer): void {
		this.#unlink(timer);
		if (this.#size === 0) this.#arm(Number.POSITIVE_INFINITY);
	}

	#unlink(timer: WheelTimer): void {
		if (!timer.list) return;
		timer.list.remove(timer);
		this.#size--;
	}

	#turn(): void {
		const nowTick = this.#tickNow();
		// After a sleep of hours, once around shows all that are due.
		const until = Math.min(nowTick, this.#tick + SLOTS);
		for (let tick = this.#tick + 1; tick <= until; tick++) this.#collect(tick, nowTick);
		this.#tick = nowTick;
		this.#armedTick = Number.POSITIVE_INFINITY;
		// One that fires may set or clear any other: those in this list as well.
		for (let timer = this.#due.first; timer; timer = this.#due.first) {
			this.#unlink(timer);
			timer.fire();
		}
		if (this.#size > 0) this.#arm(Math.min(this.#armedTick, this.#nextOccupied()));
	}

	#collect(tick: number, nowTick: number): void {
		const slot = this.#slots[tick % SLOTS];
		for (let timer = slot?.first ?? null; timer; ) {
			const { next } = timer;
			if (timer.dueTick <= nowTick) {
				slot?.remove(timer);
				this.#due.push(timer);
			}
			timer = next;
		}
	}

	/** At least one timer is set. The slot may hold only such as are due a turn later: then the wheel wakes up for nothing. */
	#nextOccupied(): number {
		let tick = this.#tick + 1;
		while (!this.#slots[tick % SLOTS]?.first) tick++;
		return tick;
	}

	#arm(tick: number): void {
		if (tick === this.#armedTick && tick !== Number.POSITIVE_INFINITY) return;
		this.#disarm();
		this.#armedTick = tick;
		if (tick === Number.POSITIVE_INFINITY) this.#disarm = () => {};
		else this.#disarm = this.#clock.after(tick * TICK_MS - this.#clock.now(), () => this.#turn());
	}

	#slotOf(tick: number): LinkedList<WheelTimer> {
		const index = tick % SLOTS;
		const slot = this.#slots[index] ?? new LinkedList();
		this.#slots[index] = slot;
		return slot;
	}

	#tickNow(): number {
		return Math.floor(this.#clock.now() / TICK_MS);
	}
}
