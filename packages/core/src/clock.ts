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
		const timer = setTimeout(fn, Math.min(Math.max(ms, 0), LONGEST_TIMEOUT_MS));
		if (options?.keepAlive !== true) (timer as { unref?: () => void }).unref?.();
		return () => clearTimeout(timer);
	},
};

const isNode = platform.process?.versions?.node !== undefined;

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
