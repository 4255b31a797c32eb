import { fingerprintOf } from './fingerprint.js';
import type { Primitives } from './primitives.js';

/** Who somebody is: an Ed25519 key pair that lives long. Only its owner can sign; everybody may know the rest. */
export interface Identity {
	/** 32 bytes. */
	readonly publicKey: Uint8Array;
	/** The public key in a form that people can compare. */
	readonly fingerprint: string;
	/** @returns an Ed25519 signature, 64 bytes. */
	sign(message: Uint8Array): Uint8Array;
}

const SEED_BYTES = 32;

/**
 * A new identity, or the one of a seed.
 * @param seed 32 secret bytes; they are copied, so that the caller may wipe its own.
 */
export function createIdentity(primitives: Primitives, seed: Uint8Array = primitives.randomBytes(SEED_BYTES)): Identity {
	if (seed.length !== SEED_BYTES) throw new RangeError(`seed must have ${SEED_BYTES} bytes, got ${seed.length}`);
	return new SeededIdentity(primitives, seed.slice());
}

/** The secret of an identity, a copy to wipe after use. @throws TypeError for an identity that `createIdentity` did not make. */
export function seedOf(identity: Identity): Uint8Array {
	return SeededIdentity.seedOf(identity);
}

/** The seed is a private field: JSON, util.inspect, String() and structured clones do not see it. */
class SeededIdentity implements Identity {
	readonly publicKey: Uint8Array;
	readonly fingerprint: string;
	readonly #seed: Uint8Array;
	readonly #sign: (message: Uint8Array) => Uint8Array;

	constructor({ ed25519 }: Primitives, seed: Uint8Array) {
		this.#seed = seed;
		this.#sign = ed25519.signer?.(seed) ?? ((message) => ed25519.sign(seed, message));
		this.publicKey = ed25519.publicKey(seed);
		this.fingerprint = fingerprintOf(this.publicKey);
	}

	static seedOf(identity: Identity): Uint8Array {
		if (!(#seed in identity)) throw new TypeError('this identity keeps its secret elsewhere: it cannot be exported');
		return identity.#seed.slice();
	}

	sign(message: Uint8Array): Uint8Array {
		return this.#sign(message);
	}

	toString(): string {
		return this.fingerprint;
	}

	toJSON(): { fingerprint: string } {
		return { fingerprint: this.fingerprint };
	}
}
