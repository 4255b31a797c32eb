/** Of a new sample; the rest stays with what was measured before. */
const ALPHA = 0.1;
/** A heartbeat that seems to have travelled longer, or back in time, tells of a clock that is wrong. */
const MAX_LATENCY_MS = 10_000;

/**
 * Latency from the time at which a client says it sent a heartbeat.
 *
 * Clocks that agree need nothing else: what lies between is the latency. A clock that is wrong shows itself by a time in the future or too
 * long ago. From then on the quickest heartbeat stands for no latency, and what others take longer is theirs: the part that never
 * changes cannot be told from the clock's error, so it is left out.
 * What a client says concerns its own figures alone, and no sample is larger than 10 s.
 */
export class LatencyMeter {
	/** Milliseconds one way, EMA. */
	latencyMs = 0;
	/** Mean change from one sample to the next, EMA. */
	jitterMs = 0;
	/** What the client's clock lags behind ours, the quickest way included; NaN while the clocks agree. */
	skewMs = Number.NaN;
	#lastMs = Number.NaN;

	/**
	 * @param clientEpochMs from the client: anything at all.
	 * @returns whether it was a measurement.
	 */
	measure(clientEpochMs: unknown, epochMs: number): boolean {
		const sentMs = clientEpochMs instanceof Date ? clientEpochMs.getTime() : clientEpochMs;
		if (typeof sentMs !== 'number' || !Number.isFinite(sentMs)) return false;
		const tookMs = epochMs - sentMs;
		if (Number.isNaN(this.skewMs)) {
			if (tookMs >= 0 && tookMs <= MAX_LATENCY_MS) return this.#take(tookMs);
			this.skewMs = tookMs;
			return false;
		}
		const overMs = tookMs - this.skewMs;
		if (overMs >= 0 && overMs <= MAX_LATENCY_MS) return this.#take(overMs);
		// Quicker than the quickest, or so slow that its clock must have been set: this one is the new mark.
		this.skewMs = tookMs;
		return false;
	}

	/** As it was measured before a restart. */
	restore(latencyMs: number): void {
		this.latencyMs = latencyMs;
		this.#lastMs = latencyMs;
	}

	#take(sampleMs: number): true {
		if (Number.isNaN(this.#lastMs)) {
			this.latencyMs = sampleMs;
		} else {
			this.latencyMs += ALPHA * (sampleMs - this.latencyMs);
			this.jitterMs += ALPHA * (Math.abs(sampleMs - this.#lastMs) - this.jitterMs);
		}
		this.#lastMs = sampleMs;
		return true;
	}
}
