import type { Clock } from '../clock.js';
import type { Unsubscribe } from '../emitter.js';

interface Timer {
	at: number;
	order: number;
	fn: () => void;
}

/** A clock that stands still until told: no test sleeps, and a day passes in a moment. */
export class FakeClock implements Clock {
	private nowMs = 0;
	private created = 0;
	private timers: Timer[] = [];

	/** @param epochMs what epoch() says at now() = 0. */
	constructor(private epochMs = Date.UTC(2026, 0, 1)) {}

	now(): number {
		return this.nowMs;
	}

	epoch(): number {
		return this.epochMs + this.nowMs;
	}

	after(ms: number, fn: () => void): Unsubscribe {
		const timer: Timer = { at: this.nowMs + Math.max(ms, 0), order: this.created++, fn };
		this.timers.push(timer);
		return () => {
			this.timers = this.timers.filter((other) => other !== timer);
		};
	}

	/** Timers that wait: 0 after everything was closed. */
	get pending(): number {
		return this.timers.length;
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

	/** The same, with promises settling before and after each timer. */
	async run(ms: number): Promise<void> {
		const end = this.nowMs + ms;
		await settle();
		for (let timer = this.takeDue(end); timer; timer = this.takeDue(end)) {
			this.nowMs = Math.max(this.nowMs, timer.at);
			timer.fn();
			await settle();
		}
		this.nowMs = end;
	}

	private takeDue(end: number): Timer | undefined {
		let next: Timer | undefined;
		for (const timer of this.timers) {
			if (timer.at <= end && (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order))) next = timer;
		}
		if (next) this.timers = this.timers.filter((other) => other !== next);
		return next;
	}
}

/** Lets promise chains run dry (a bounded number of microtask turns, no timer). */
export async function settle(turns = 50): Promise<void> {
	for (let i = 0; i < turns; i++) await Promise.resolve();
}
