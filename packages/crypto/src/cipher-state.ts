import { wipe } from './bytes.js';
import { CryptoError } from './crypto-error.js';
import type { Aead, AeadName, Primitives } from './primitives.js';

/**
 * A key and the count of what it sealed or opened (Noise section 5.1). One direction; the other has its own.
 * The count is the nonce, so it never wraps and never stands still after a success.
 */
export class CipherState {
	readonly #key: Uint8Array;
	readonly #aead: Aead;
	readonly #littleEndian: boolean;
	readonly #nonce = new Uint8Array(12);
	readonly #view = new DataView(this.#nonce.buffer);
	#counter: number;

	/** @param key 32 bytes; belongs to this object, which wipes it. @param counter of the first message; more than 0 only for one who goes on where another stopped. */
	constructor(primitives: Primitives, name: AeadName, key: Uint8Array, counter = 0) {
		this.#key = key;
		this.#aead = primitives.aead(name, key);
		// Noise sections 12.3 and 12.4: ChaChaPoly counts in little endian, AESGCM in big endian.
		this.#littleEndian = name === 'chacha20-poly1305';
		this.#counter = counter;
	}

	/** @returns ciphertext || tag(16). @throws CryptoError NONCES_USED_UP. */
	seal(associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
		const sealed = this.#aead.seal(this.#nextNonce(), plaintext, associated);
		this.#counter++;
		return sealed;
	}

	/** What does not open does not count. @throws CryptoError DECRYPT_FAILED, NONCES_USED_UP. */
	open(associated: Uint8Array, sealed: Uint8Array): Uint8Array {
		const plaintext = this.#aead.open(this.#nextNonce(), sealed, associated);
		this.#counter++;
		return plaintext;
	}

	/** The end of this key: nothing is sealed or opened with it any more. */
	wipe(): void {
		wipe(this.#key);
		this.#counter = Number.POSITIVE_INFINITY;
	}

	#nextNonce(): Uint8Array {
		// Noise ends at 2^64 - 1. Beyond 2^53 - 1 a number no longer counts by one, and nobody gets that far.
		if (this.#counter >= Number.MAX_SAFE_INTEGER)
			throw new CryptoError('NONCES_USED_UP', 'This key has been used as often as it may, or was wiped. Agree on a new one: connect again.');
		const low = this.#counter % 2 ** 32;
		const high = (this.#counter - low) / 2 ** 32;
		this.#view.setUint32(this.#littleEndian ? 4 : 8, low, this.#littleEndian);
		this.#view.setUint32(this.#littleEndian ? 8 : 4, high, this.#littleEndian);
		return this.#nonce;
	}
}
