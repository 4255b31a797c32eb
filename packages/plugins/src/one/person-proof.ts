import { answerChallenge, bytesToHex, Challenge, type KeyPair, sharedKey } from '@linkscope/crypto/nacl';
import { checked } from './channel.js';

// By who asks, of every pairing that runs in this realm: a peer in one must not be answered what it is asked in another.
const outstanding = new Set<string>();

/** Both sides' proofs that they own the person key they named. */
export class PersonProof {
	readonly #keys: KeyPair;
	readonly #theirKey: Uint8Array;
	#asked: Challenge | null = null;

	constructor(keys: KeyPair, theirKey: Uint8Array) {
		this.#keys = keys;
		this.#theirKey = theirKey;
	}

	/** @returns 104 bytes for the peer. */
	ask(): Uint8Array {
		this.#asked = new Challenge(checked("the peer's person key", () => sharedKey(this.#theirKey, this.#keys.secretKey)));
		outstanding.add(this.#nameOf(this.#asked.plain));
		return this.#asked.sealed;
	}

	/** @throws HandshakeError AUTH_FAILED where it is not sealed by the peer's person key, or a challenge of our own. */
	answer(sealed: Uint8Array): Uint8Array {
		const isOwn = (plain: Uint8Array): boolean => outstanding.has(this.#nameOf(plain));
		return checked("the peer's challenge", () => answerChallenge(sealed, this.#theirKey, this.#keys.secretKey, isOwn), 'AUTH_FAILED');
	}

	isAnswer(answer: Uint8Array): boolean {
		return this.#asked?.isAnswer(answer) ?? false;
	}

	/** To be called at the end, however it went. */
	forget(): void {
		if (this.#asked) outstanding.delete(this.#nameOf(this.#asked.plain));
		this.#asked = null;
	}

	#nameOf(challenge: Uint8Array): string {
		return bytesToHex(this.#keys.publicKey) + bytesToHex(challenge);
	}
}
