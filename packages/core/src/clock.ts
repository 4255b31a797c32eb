import type { Unsubscribe } from './emitter.js';
import { platform } from './platform.js';

/** All time goes through a clock, so that tests run on a fake one and a day can be simulated in a second. */
export interface Clock {
	/** Monotonic milliseconds, fractions included. */
	now(): number;
	/** Milliseconds since 1970. */
	epoch(): number;
	/**
	 * Calls `fn` once after `ms` milliseconds.
	 * @param options.keepAlive by default a timer keeps no process alive; true where it must.
	 * @returns its cancellation.
	 */
	after(ms: number, fn: () => void, options?: { keepAlive?: boolean }): Unsubscribe;
}

// A longer delay makes setTimeout fire at once (a 32-bit signed integer in every engine).
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

// Taken when the module loads: an application that replaces its timers later (zones, fake timers) must not meet ours among them.
const { setTimeout, clearTimeout } = platform;

/** The time of the turn that runs, NaN until somebody asks for it. */
let turnMs = Number.NaN;

export const systemClock: Clock = {
	now() {
		const ms = platform.performance.now();
		// What is stamped with the turn's time must not be older than what was read before it.
		if (!Number.isNaN(turnMs)) turnMs = ms;
		return ms;
	},
	epoch: () => Date.now(),
	after(ms, fn, options) {
		const delayMs = Math.min(Math.max(ms, 0), LONGEST_TIMEOUT_MS);
		const keepAlive = options?.keepAlive === true;
		const reused = isNode ? reusableTimer(delayMs) : undefined;
		if (reused) return reused.start(fn, keepAlive);
		const timer = setTimeout(fn, delayMs);
		if (!keepAlive) (timer as { unref?: () => void }).unref?.();
		return () => clearTimeout(timer);
	},
};

const isNode = platform.process?.versions?.node !== undefined;

/** One of Node's timers for a length: started again after a cancellation it takes 70 ns, made anew and cleared 260. */
const reusable = new Map<number, NodeTimer>();
const MAX_REUSABLE = 32;

function reusableTimer(delayMs: number): NodeTimer | undefined {
	const timer = reusable.get(delayMs);
	if (timer) return timer.wake() ? timer : undefined;
	if (reusable.size >= MAX_REUSABLE || !areRefreshable()) return undefined;
	const fresh = new NodeTimer(delayMs);
	reusable.set(delayMs, fresh);
	return fresh;
}

let refreshable: boolean | undefined;

/** In a page of Electron Node is there, and the timers are a browser's; a library may have replaced them before we came. */
function areRefreshable(): boolean {
	if (refreshable === undefined) {
		const timer = setTimeout(() => {}, 0);
		refreshable = typeof (timer as { refresh?: unknown }).refresh === 'function';
		clearTimeout(timer);
	}
	return refreshable;
}

/** One that is asleep keeps no process alive, and is gone when its time is over. */
class NodeTimer {
	readonly #delayMs: number;
	readonly #timer: { ref(): void; unref(): void; refresh(): void };
	#fn: (() => void) | null = null;
	/** Raised by each start: a cancellation of an earlier one cancels nothing. */
	#starts = 0;

	constructor(delayMs: number) {
		this.#delayMs = delayMs;
		this.#timer = setTimeout(() => this.#due(), delayMs) as { ref(): void; unref(): void; refresh(): void };
	}

	/** @returns false: it is not asleep. */
	wake(): boolean {
		if (this.#fn !== null) return false;
		this.#timer.ref();
		this.#timer.refresh();
		return true;
	}

	start(fn: () => void, keepAlive: boolean): Unsubscribe {
		this.#fn = fn;
		if (!keepAlive) this.#timer.unref();
		const start = ++this.#starts;
		return () => {
			if (start !== this.#starts || this.#fn === null) return;
			this.#fn = null;
			this.#timer.unref();
		};
	}

	#due(): void {
		reusable.delete(this.#delayMs);
		const fn = this.#fn;
		this.#fn = null;
		fn?.();
	}
}

/** Whether a reading tells nanoseconds. Browsers round to 5 to 1000 microseconds, more than a plugin takes for many messages. */
export const hasFineClock = isNode;

// A browser delivers each message in a task of its own: there would be nothing to share, and the microtask costs more than two readings.
const sharesTurns = isNode;

/**
 * `clock.now()`, for the system's clock in Node read once in a turn of the event loop: a reading costs more than
 * all else that is done to count a message, and a busy socket delivers many in one turn.
 */
export function turnNow(clock: Clock): number {
	if (!sharesTurns || clock !== systemClock) return clock.now();
	if (Number.isNaN(turnMs)) {
		turnMs = platform.performance.now();
		void forgetAfterTurn();
	}
	return turnMs;
}

// await, because queueMicrotask and then() may be replaced by the application (zones, fake timers) and would notice.
async function forgetAfterTurn(): Promise<void> {
	await undefined;
	turnMs = Number.NaN;
}

/** Repeats `fn` every `ms` until cancelled; the next delay starts when the call has returned. */
export function every(clock: Clock, ms: number, fn: () => void): Unsubscribe {
	let cancelled = false;
	let cancel = clock.after(ms, function tick() {
		fn();
		if (!cancelled) cancel = clock.after(ms, tick);
	});
	return () => {
		cancelled = true;
		cancel();
	};
}
