import { wipe } from './bytes.js';
import { CryptoError } from './crypto-error.js';
import { expand } from './hkdf.js';
import type { Primitives } from './primitives.js';
import type { RecordCipher, Suite } from './suites.js';

const NEXT_KEY = new TextEncoder().encode('linkscope/1 next key');

/** One epoch of one direction. */
export class RecordKey {
	readonly #suite: Suite;
	readonly #primitives: Primitives;
	readonly #key: Uint8Array;
	readonly cipher: RecordCipher;

	/** @param key 32 bytes; belongs to this object, which wipes it. */
	constructor(suite: Suite, primitives: Primitives, key: Uint8Array) {
		this.#suite = suite;
		this.#primitives = primitives;
		this.#key = key;
		this.cipher = suite.cipher(key);
	}

	/** The key of the next epoch. This one stays until it is wiped. */
	next(): RecordKey {
		return new RecordKey(this.#suite, this.#primitives, expand(this.#primitives, this.#key, NEXT_KEY));
	}

	wipe(): void {
		wipe(this.#key);
	}

	/** Whether there is such a record: a key seals a bounded number. */
	isUsable(counter: number): boolean {
		return counter < this.#suite.maxRecords;
	}

	/** @throws CryptoError NONCES_USED_UP. */
	assertUsable(counter: number): void {
		const { name, maxRecords } = this.#suite;
		if (!this.isUsable(counter)) throw new CryptoError('NONCES_USED_UP', `A key of ${name} seals at most ${maxRecords} records: connect again.`);
	}
}
