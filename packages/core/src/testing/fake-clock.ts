import type { Clock } from '../clock.js';
import type { Unsubscribe } from '../emitter.js';
import { type Timer, TimerHeap } from '../timer-heap.js';

/** A clock that stands still until told: no test sleeps, and a day passes in a moment. */
export class FakeClock implements Clock {
	private nowMs = 0;
	private created = 0;
	private readonly timers = new TimerHeap();

	/** @param epochMs what epoch() says at now() = 0. */
	constructor(private epochMs = Date.UTC(2026, 0, 1)) {}

	now(): number {
		return this.nowMs;
	}

	epoch(): number {
		return this.epochMs + this.nowMs;
	}

	after(ms: number, fn: () => void): Unsubscribe {
		const timer: Timer = { at: this.nowMs + Math.max(ms, 0), order: this.created++, fn, index: -1 };
		this.timers.add(timer);
		return () => this.timers.remove(timer);
	}

	/** Timers that wait: 0 after everything was closed. */
	get pending(): number {
		return this.timers.size;
	}

	/** Moves the wall clock alone, as a user or NTP does. */
	jumpEpoch(ms: number): void {
		this.epochMs += ms;
	}

	/** Time passes while nothing runs (sleep, a suspended tab): due timers fire late, at the end. */
	suspend(ms: number): void {
		this.nowMs += ms;
		this.advance(0);
	}

	/** Lets time pass, running what falls due, in order. */
	advance(ms: number): void {
		const end = this.nowMs + ms;
		for (let timer = this.takeDue(end); timer; timer = this.takeDue(end)) {
			this.nowMs = Math.max(this.nowMs, timer.at);
			timer.fn();
		}
		this.nowMs = end;
	}

	/**
	 * The same, with promises settling before and after each timer.
	 * @param turns microtask turns for that: fewer make a long simulation faster, where no chain of promises is longer.
	 */
	async run(ms: number, turns?: number): Promise<void> {
		const end = this.nowMs + ms;
		await settle(turns);
		for (let timer = this.takeDue(end); timer; timer = this.takeDue(end)) {
			this.nowMs = Math.max(this.nowMs, timer.at);
			timer.fn();
			await settle(turns);
		}
		this.nowMs = end;
	}

	private takeDue(end: number): Timer | undefined {
		const next = this.timers.first;
		if (!next || next.at > end) return undefined;
		this.timers.remove(next);
		return next;
	}
}

/** Lets promise chains run dry (a bounded number of microtask turns, no timer). */
export async function settle(turns = 50): Promise<void> {
	for (let i = 0; i < turns; i++) await Promise.resolve();
}
