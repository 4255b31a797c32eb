import type { Clock, Unsubscribe } from '@linkscope/core';

interface Bucket {
	tokens: number;
	atMs: number;
}

/**
 * Token buckets by key: `burst` at once, `perSecond` for ever. A bucket that is full again is forgotten, so the map holds those alone who were here
 * within the time of one filling.
 */
export class Buckets {
	readonly #buckets = new Map<string, Bucket>();
	readonly #clock: Clock;
	readonly #perSecond: number;
	readonly #burst: number;
	#cancelSweep: Unsubscribe | null = null;

	constructor(clock: Clock, perSecond: number, burst: number) {
		this.#clock = clock;
		this.#perSecond = perSecond;
		this.#burst = burst;
	}

	/** Keys that are remembered. */
	get size(): number {
		return this.#buckets.size;
	}

	/** @returns false where the bucket is empty. */
	take(key: string): boolean {
		const bucket = this.#current(key);
		if (bucket.tokens < 1) return false;
		bucket.tokens -= 1;
		return true;
	}

	/** Whether one could be taken. */
	has(key: string): boolean {
		return !this.#buckets.has(key) || this.#current(key).tokens >= 1;
	}

	/** Forgets everybody; no timer is left. */
	clear(): void {
		this.#cancelSweep?.();
		this.#cancelSweep = null;
		this.#buckets.clear();
	}

	#current(key: string): Bucket {
		const nowMs = this.#clock.now();
		const known = this.#buckets.get(key);
		if (known === undefined) {
			const bucket = { tokens: this.#burst, atMs: nowMs };
			this.#buckets.set(key, bucket);
			this.#cancelSweep ??= this.#clock.after(this.#fillingMs, () => this.#sweep());
			return bucket;
		}
		known.tokens = this.#tokensOf(known, nowMs);
		known.atMs = nowMs;
		return known;
	}

	#tokensOf({ tokens, atMs }: Bucket, nowMs: number): number {
		return Math.min(this.#burst, tokens + ((nowMs - atMs) / 1000) * this.#perSecond);
	}

	get #fillingMs(): number {
		return (this.#burst / this.#perSecond) * 1000;
	}

	#sweep(): void {
		const nowMs = this.#clock.now();
		for (const [key, bucket] of this.#buckets) {
			if (this.#tokensOf(bucket, nowMs) >= this.#burst) this.#buckets.delete(key);
		}
		this.#cancelSweep = this.#buckets.size > 0 ? this.#clock.after(this.#fillingMs, () => this.#sweep()) : null;
	}
}
