const BUCKETS = 10;
const BUCKET_MS = 1_000;

/** Messages and bytes of the last ten seconds, in ten buckets: a sum without a timer. */
export class RateWindow {
	readonly #messages = new Float64Array(BUCKETS);
	readonly #bytes = new Float64Array(BUCKETS);
	/** The second the newest bucket stands for. */
	#newest = Number.NEGATIVE_INFINITY;
	#index = 0;

	add(nowMs: number, bytes: number): void {
		if (nowMs >= (this.#newest + 1) * BUCKET_MS) this.#advance(nowMs);
		this.#messages[this.#index]!++;
		this.#bytes[this.#index]! += bytes;
	}

	/** @param sinceMs when counting began: a younger window is averaged over its own age. */
	perSecond(nowMs: number, sinceMs: number): { messages: number; bytes: number } {
		this.#advance(nowMs);
		const seconds = Math.min(Math.max(nowMs - sinceMs, BUCKET_MS), BUCKETS * BUCKET_MS) / 1_000;
		return { messages: sum(this.#messages) / seconds, bytes: sum(this.#bytes) / seconds };
	}

	#advance(nowMs: number): void {
		const second = Math.floor(nowMs / BUCKET_MS);
		const steps = Math.min(second - this.#newest, BUCKETS);
		for (let i = 0; i < steps; i++) {
			this.#index = (this.#index + 1) % BUCKETS;
			this.#messages[this.#index] = 0;
			this.#bytes[this.#index] = 0;
		}
		this.#newest = Math.max(this.#newest, second);
	}
}

function sum(values: Float64Array): number {
	return values.reduce((total, value) => total + value, 0);
}
