import nacl from 'tweetnacl';
import { decryptFailed } from './failures.js';

const TAG_BYTES = 16;

/** xsalsa20-poly1305 with one key. A nonce is used once: whoever holds this counts. It takes no associated data. */
export interface Secretbox {
	/**
	 * @param nonce 24 bytes.
	 * @param headroom bytes left zero in front, for a frame's own header.
	 * @returns headroom || ciphertext || tag(16), a fresh array. (NaCl itself puts the tag first.)
	 */
	seal(nonce: Uint8Array, plaintext: Uint8Array, headroom?: number): Uint8Array;
	/** @returns the plaintext, a fresh array. @throws CryptoError DECRYPT_FAILED. */
	open(nonce: Uint8Array, sealed: Uint8Array): Uint8Array;
}

/** @param key 32 bytes. */
export function secretbox(key: Uint8Array): Secretbox {
	return {
		seal(nonce, plaintext, headroom = 0) {
			const box = nacl.secretbox(plaintext, nonce, key);
			const sealed = new Uint8Array(headroom + box.length);
			sealed.set(box.subarray(TAG_BYTES), headroom);
			sealed.set(box.subarray(0, TAG_BYTES), sealed.length - TAG_BYTES);
			return sealed;
		},
		open(nonce, sealed) {
			if (sealed.length < TAG_BYTES) throw decryptFailed();
			const box = new Uint8Array(sealed.length);
			box.set(sealed.subarray(sealed.length - TAG_BYTES));
			box.set(sealed.subarray(0, sealed.length - TAG_BYTES), TAG_BYTES);
			const plaintext = nacl.secretbox.open(box, nonce, key);
			if (plaintext === null) throw decryptFailed();
			return plaintext;
		},
	};
}
