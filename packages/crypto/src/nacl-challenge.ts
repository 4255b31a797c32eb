import nacl from 'tweetnacl';
import { equalBytes } from './bytes.js';
import { decryptFailed } from './failures.js';
import { openUnder, SEAL_OVERHEAD_BYTES, sealUnder, sharedKey } from './nacl-box.js';

/** Random bytes of a challenge, and of its answer. */
export const CHALLENGE_BYTES = 64;
export const SEALED_CHALLENGE_BYTES = CHALLENGE_BYTES + SEAL_OVERHEAD_BYTES;

/** Random bytes that only the owner of a key can read; who sends their inverse back has shown to own it. */
export class Challenge {
	/** For the peer: 104 bytes. */
	readonly sealed: Uint8Array;
	/** Kept here: 64 bytes. */
	readonly plain = nacl.randomBytes(CHALLENGE_BYTES);
	readonly #key: Uint8Array;

	/** @param key of `sharedKey` or `sharedKeyOf`. */
	constructor(key: Uint8Array) {
		this.#key = key;
		this.sealed = sealUnder(key, this.plain);
	}

	/** Never throws: what does not open is no answer. */
	isAnswer(answer: Uint8Array): boolean {
		try {
			return equalBytes(openUnder(this.#key, answer), invert(this.plain));
		} catch {
			return false;
		}
	}
}

/**
 * Opens a challenge, inverts every bit and seals it back under a new nonce.
 * @param isOwn says whether these 64 bytes are a challenge of this side's own making: boxes are the same in both directions, so
 * a peer without the key would have us answer for it. Such a challenge is refused as one that does not open.
 * @throws CryptoError DECRYPT_FAILED, WEAK_KEY.
 */
export function answerChallenge(
	sealed: Uint8Array,
	theirPublicKey: Uint8Array,
	mySecretKey: Uint8Array,
	isOwn: (plain: Uint8Array) => boolean = () => false,
): Uint8Array {
	const key = sharedKey(theirPublicKey, mySecretKey);
	const plain = openUnder(key, sealed);
	if (plain.length !== CHALLENGE_BYTES || isOwn(plain)) throw decryptFailed();
	return sealUnder(key, invert(plain));
}

export function invert(bytes: Uint8Array): Uint8Array {
	return bytes.map((byte) => ~byte);
}
