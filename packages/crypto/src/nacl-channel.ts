import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import nacl from 'tweetnacl';
import { CryptoError } from './crypto-error.js';
import { decryptFailed } from './failures.js';

// Beyond it a number no longer counts in steps of one.
const LAST_COUNTER = Number.MAX_SAFE_INTEGER;

/**
 * One NaCl key for both directions: the initiator's frames are counted 1, 3, 5…, the acceptor's 0, 2, 4…, and each is the nonce
 * of its frame. So a frame that is lost, repeated, reordered or reflected does not open.
 */
export class BoxChannel {
	readonly #key: Uint8Array;
	#sent: number;
	#received: number;

	/**
	 * @param key 32 bytes, of `sharedKey`; belongs to the channel from here.
	 * @param pairs of frames that were counted before.
	 */
	constructor(key: Uint8Array, initiator: boolean, pairs = 0) {
		this.#key = key;
		this.#sent = 2 * pairs + (initiator ? 1 : 0);
		this.#received = 2 * pairs + (initiator ? 0 : 1);
	}

	/**
	 * @returns the next frame: tag(16) || ciphertext.
	 * @throws CryptoError NONCES_USED_UP.
	 */
	seal(plaintext: Uint8Array): Uint8Array {
		if (this.#sent > LAST_COUNTER) throw new CryptoError('NONCES_USED_UP', 'This key has sealed as many frames as it may: connect again.');
		const frame = nacl.box.after(plaintext, nonceOf(this.#sent), this.#key);
		this.#sent += 2;
		return frame;
	}

	/** The frame sealed last was refused and never left: the next takes its place. */
	takeBack(): void {
		this.#sent -= 2;
	}

	/**
	 * @param frame borrowed, not modified.
	 * @throws CryptoError DECRYPT_FAILED where it is not exactly the peer's next; nothing is counted then.
	 */
	open(frame: Uint8Array): Uint8Array {
		const plaintext = this.#received > LAST_COUNTER ? null : nacl.box.open.after(frame, nonceOf(this.#received), this.#key);
		if (plaintext === null) throw decryptFailed();
		this.#received += 2;
		return plaintext;
	}

	/** 32 bytes known to both ends of this channel and to nobody else. @param context what else both must agree on. */
	exportSecret(label: string, context: Uint8Array): Uint8Array {
		if (this.#sent === Number.POSITIVE_INFINITY) throw new TypeError('the key of this channel was wiped when it ended');
		return hmac(sha256, this.#key, concatBytes(utf8ToBytes(`linkscope one ${label}\0`), context));
	}

	/** The key is gone; nothing can be sealed or opened any more. */
	wipe(): void {
		this.#key.fill(0);
		this.#sent = this.#received = Number.POSITIVE_INFINITY;
	}
}

/** 16 zero bytes || counter (64 bits, big endian). */
function nonceOf(counter: number): Uint8Array {
	const nonce = new Uint8Array(24);
	const view = new DataView(nonce.buffer);
	view.setUint32(16, Math.floor(counter / 2 ** 32));
	view.setUint32(20, counter % 2 ** 32);
	return nonce;
}
