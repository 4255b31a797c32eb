import type { Clock } from '@linkscope/core';
import { Ring } from '../ring.js';

/** The five of seeds/002, since the endpoint was started. */
export interface EndpointMetrics {
	/** How much of the time it was connected, 0 to 100; null before any time has passed. */
	readonly uptimePercent: number | null;
	/** How often it was connected again after a loss. */
	readonly reconnections: number;
	/** Those of the last hour, at most 1,000. */
	readonly reconnectionsLastHour: number;
	/** From a loss to the next connection; null before the first. */
	readonly reconnectionMs: { readonly last: number; readonly mean: number; readonly max: number } | null;
	/** Tries to connect that failed, the first ones included. */
	readonly failedAttempts: number;
	readonly healthChecks: number;
	/** 0 to 100; null before the first check. */
	readonly healthCheckSuccessPercent: number | null;
}

const HOUR_MS = 3_600_000;
const MAX_REMEMBERED = 1_000;

/** Counts what an endpoint goes through. */
export class EndpointMeter {
	readonly #clock: Clock;
	readonly #reconnectedAtMs = new Ring<number>(MAX_REMEMBERED);
	#startedMs: number | null = null;
	#stoppedMs: number | null = null;
	#upSinceMs: number | null = null;
	#lostMs: number | null = null;
	#upMs = 0;
	#reconnections = 0;
	#last = 0;
	#sum = 0;
	#max = 0;
	#failedAttempts = 0;
	#checks = 0;
	#goodChecks = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	started(): void {
		this.#startedMs = this.#clock.now();
	}

	connected(): void {
		const nowMs = this.#clock.now();
		this.#upSinceMs = nowMs;
		if (this.#lostMs === null) return;
		this.#last = nowMs - this.#lostMs;
		this.#sum += this.#last;
		this.#max = Math.max(this.#max, this.#last);
		this.#reconnections++;
		this.#reconnectedAtMs.push(nowMs);
	}

	lost(): void {
		this.#lostMs = this.#clock.now();
		this.#endUptime();
	}

	attemptFailed(): void {
		this.#failedAttempts++;
	}

	checked(isGood: boolean): void {
		this.#checks++;
		if (isGood) this.#goodChecks++;
	}

	stopped(): void {
		this.#endUptime();
		this.#stoppedMs = this.#clock.now();
	}

	get metrics(): EndpointMetrics {
		const nowMs = this.#clock.now();
		const observedMs = (this.#stoppedMs ?? nowMs) - (this.#startedMs ?? nowMs);
		const upMs = this.#upMs + (this.#upSinceMs === null ? 0 : nowMs - this.#upSinceMs);
		const count = this.#reconnections;
		return {
			uptimePercent: percent(upMs, observedMs),
			reconnections: count,
			reconnectionsLastHour: this.#reconnectedAtMs.toArray().filter((atMs) => nowMs - atMs < HOUR_MS).length,
			reconnectionMs: count === 0 ? null : { last: this.#last, mean: this.#sum / count, max: this.#max },
			failedAttempts: this.#failedAttempts,
			healthChecks: this.#checks,
			healthCheckSuccessPercent: percent(this.#goodChecks, this.#checks),
		};
	}

	#endUptime(): void {
		if (this.#upSinceMs !== null) this.#upMs += this.#clock.now() - this.#upSinceMs;
		this.#upSinceMs = null;
	}
}

function percent(part: number, whole: number): number | null {
	return whole === 0 ? null : (100 * part) / whole;
}
