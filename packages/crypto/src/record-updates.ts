/** When a key has been used enough. */
export interface UpdateLimits {
	readonly records: number;
	/** Of plaintext. */
	readonly bytes: number;
	/** Since the first record under the key. */
	readonly ms: number;
}

/** docs/protocol.md#records */
export const UPDATE_LIMITS: UpdateLimits = { records: 2 ** 16, bytes: 2 ** 30, ms: 120_000 };

/** Counts one sender's use of its keys. */
export class UpdateSchedule {
	readonly #limits: UpdateLimits;
	#records = 0;
	#bytes = 0;
	#sinceMs = 0;

	constructor(limits: UpdateLimits = UPDATE_LIMITS) {
		this.#limits = limits;
	}

	/** Counts a record about to be sealed. @returns true where it is the last under its key; the next one counts anew. */
	isDue(plaintextBytes: number, nowMs: number): boolean {
		if (this.#records === 0) this.#sinceMs = nowMs;
		this.#records++;
		this.#bytes += plaintextBytes;
		const { records, bytes, ms } = this.#limits;
		if (this.#records < records && this.#bytes < bytes && nowMs - this.#sinceMs < ms) return false;
		this.#records = 0;
		this.#bytes = 0;
		return true;
	}
}
