import type { LatencyPercentiles } from './types.js';

/** The last durations in milliseconds, for percentiles; and the sum of all. */
export class Samples {
	count = 0;
	sum = 0;
	readonly #values: number[] = [];
	readonly #capacity: number;

	constructor(capacity: number) {
		this.#capacity = capacity;
	}

	add(ms: number): void {
		this.#values[this.count++ % this.#capacity] = ms;
		this.sum += ms;
	}

	/** Mean of the last durations; null without any. */
	mean(): number | null {
		const values = this.#values;
		return values.length ? round(values.reduce((sum, ms) => sum + ms, 0) / values.length) : null;
	}

	/** Nearest rank. */
	percentiles(): LatencyPercentiles | null {
		const values = this.#values;
		const { length } = values;
		if (!length) return null;
		const sorted = [...values].sort((a, b) => a - b);
		const at = (share: number) => round(sorted[Math.ceil(share * length) - 1] as number);
		// In order of arrival: the oldest stands where the next one will be written.
		const oldest = this.count % length;
		let jitter = 0;
		for (let i = 1; i < length; i++) jitter += Math.abs((values[(oldest + i) % length] as number) - (values[(oldest + i - 1) % length] as number));
		return { p50: at(0.5), p95: at(0.95), p99: at(0.99), jitter: round(length > 1 ? jitter / (length - 1) : 0) };
	}
}

/** To the microsecond: what a clock of milliseconds can tell. */
export function round(ms: number): number {
	return Math.round(ms * 1000) / 1000;
}

/** 0 for what is no number of JSON. */
export function finite(value: unknown): number {
	return Number.isFinite(value) ? (value as number) : 0;
}
