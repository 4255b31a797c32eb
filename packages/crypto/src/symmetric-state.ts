import { wipe } from './bytes.js';
import { CipherState } from './cipher-state.js';
import { noiseHkdf } from './hkdf.js';
import type { NoiseProtocol } from './noise-patterns.js';
import type { Primitives } from './primitives.js';

const NONE = new Uint8Array(0);

/** The running hash and chaining key of a handshake (Noise section 5.2). */
export class SymmetricState {
	readonly #primitives: Primitives;
	readonly #protocol: NoiseProtocol;
	#chainingKey: Uint8Array;
	#cipher: CipherState | null = null;
	/** Never written into: who was given it may keep it. */
	hash: Uint8Array;

	constructor(primitives: Primitives, protocol: NoiseProtocol) {
		this.#primitives = primitives;
		this.#protocol = protocol;
		this.hash = this.#hashOfName(new TextEncoder().encode(protocol.name));
		this.#chainingKey = this.hash.slice();
	}

	/** From the first key on, what is sent is sealed. */
	get sealing(): boolean {
		return this.#cipher !== null;
	}

	mixHash(data: Uint8Array): void {
		this.hash = this.#primitives.hash(this.#protocol.hash, this.hash, data);
	}

	mixKey(secret: Uint8Array): void {
		const [chainingKey, key] = this.#hkdf(secret, 2);
		this.#turn(chainingKey as Uint8Array, key as Uint8Array);
	}

	mixKeyAndHash(secret: Uint8Array): void {
		const [chainingKey, hash, key] = this.#hkdf(secret, 3);
		this.mixHash(hash as Uint8Array);
		this.#turn(chainingKey as Uint8Array, key as Uint8Array);
	}

	/** Before the first key there is nothing to seal with, and the text passes as it is. */
	sealAndHash(plaintext: Uint8Array): Uint8Array {
		const sealed = this.#cipher ? this.#cipher.seal(this.hash, plaintext) : plaintext.slice();
		this.mixHash(sealed);
		return sealed;
	}

	openAndHash(sealed: Uint8Array): Uint8Array {
		const plaintext = this.#cipher ? this.#cipher.open(this.hash, sealed) : sealed.slice();
		this.mixHash(sealed);
		return plaintext;
	}

	/** Noise section 5.2 takes the first two outputs; the third belongs to nobody's traffic and is what exporters are made of. */
	split(): { first: Uint8Array; second: Uint8Array; third: Uint8Array } {
		const [first, second, third] = this.#hkdf(NONE, 3) as [Uint8Array, Uint8Array, Uint8Array];
		// Hashes of 64 bytes give longer outputs than a cipher takes.
		const keys = { first: first.slice(0, 32), second: second.slice(0, 32), third };
		wipe(first, second);
		return keys;
	}

	wipe(): void {
		wipe(this.#chainingKey);
		this.#cipher?.wipe();
	}

	#hkdf(secret: Uint8Array, outputs: 2 | 3): Uint8Array[] {
		return noiseHkdf(this.#primitives, this.#protocol.hash, this.#chainingKey, secret, outputs);
	}

	#turn(chainingKey: Uint8Array, key: Uint8Array): void {
		wipe(this.#chainingKey);
		this.#cipher?.wipe();
		this.#chainingKey = chainingKey;
		this.#cipher = new CipherState(this.#primitives, this.#protocol.cipher, key.slice(0, 32));
		wipe(key);
	}

	#hashOfName(name: Uint8Array): Uint8Array {
		const length = this.#protocol.hash === 'SHA512' || this.#protocol.hash === 'BLAKE2b' ? 64 : 32;
		if (name.length > length) return this.#primitives.hash(this.#protocol.hash, name);
		const padded = new Uint8Array(length);
		padded.set(name);
		return padded;
	}
}
