// RFC 6298 section 2: a new sample counts an eighth, its deviation a quarter, and four deviations are waited for.
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const DEVIATIONS = 4;

/** Smoothed round-trip time, its variation, and how long an answer is worth waiting for. */
export class RoundTrip {
	#smoothedMs: number | null = null;
	#variationMs = 0;

	/** Null until something was measured. */
	get rttMs(): number | null {
		return this.#smoothedMs;
	}

	get jitterMs(): number | null {
		return this.#smoothedMs === null ? null : this.#variationMs;
	}

	add(sampleMs: number): void {
		if (this.#smoothedMs === null) {
			this.#smoothedMs = sampleMs;
			this.#variationMs = sampleMs / 2;
			return;
		}
		this.#variationMs += BETA * (Math.abs(this.#smoothedMs - sampleMs) - this.#variationMs);
		this.#smoothedMs += ALPHA * (sampleMs - this.#smoothedMs);
	}

	/** @returns milliseconds within floor and cap; before the first sample a third of the cap. */
	timeoutMs(floorMs: number, capMs: number): number {
		const wanted = this.#smoothedMs === null ? capMs / 3 : this.#smoothedMs + DEVIATIONS * this.#variationMs;
		return Math.min(Math.max(wanted, floorMs), capMs);
	}
}
