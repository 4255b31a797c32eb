import { hsalsa } from '@noble/ciphers/salsa.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import nacl from 'tweetnacl';
import { equalBytes } from './bytes.js';
import { decryptFailed, weakKey } from './failures.js';
import type { KeyPair } from './primitives.js';

const NONCE_BYTES = 24;

/** nonce(24) and tag(16). */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + 16;

// What NaCl's beforenm makes of an all-zero X25519 result. tweetnacl takes it for a key; RFC 7748 section 6.1 says why nobody should.
const KEY_OF_ZERO = Uint8Array.from('351f86faa3b988468a850122b65b0acece9c4826806aeee63de9c0da2bd7f91e'.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));

const SIGMA = words(utf8ToBytes('expand 32-byte k'));

/** From the platform's generator. */
export function randomBytes(length: number): Uint8Array {
	return nacl.randomBytes(length);
}

/** A Curve25519 key pair: a new one, or the one of a secret key of 32 bytes. */
export function boxKeyPair(secretKey?: Uint8Array): KeyPair {
	return secretKey === undefined ? nacl.box.keyPair() : nacl.box.keyPair.fromSecretKey(secretKey);
}

/**
 * NaCl's `box.before`: the key that both ends of a pair of keys agree on.
 * @returns 32 bytes.
 * @throws CryptoError WEAK_KEY where the other key is a point of small order, so that anybody knows the result.
 */
export function sharedKey(theirPublicKey: Uint8Array, mySecretKey: Uint8Array): Uint8Array {
	const key = nacl.box.before(theirPublicKey, mySecretKey);
	if (equalBytes(key, KEY_OF_ZERO)) throw weakKey();
	return key;
}

/**
 * The same key from what X25519 makes of the two: ten times as fast where X25519 is a backend's and not JavaScript.
 * @param agreed 32 bytes, not all zero.
 */
export function sharedKeyOf(agreed: Uint8Array): Uint8Array {
	const key = new Uint32Array(8);
	hsalsa(SIGMA, words(agreed), new Uint32Array(4), key);
	return new Uint8Array(key.buffer);
}

/** As the platform orders them, which is what hsalsa takes; copied, because they must begin at a multiple of four. */
function words(bytes: Uint8Array): Uint32Array {
	return new Uint32Array(bytes.slice().buffer);
}

/**
 * @returns nonce(24) || NaCl box of the message; a random nonce.
 * @throws CryptoError WEAK_KEY.
 */
export function seal(message: Uint8Array, theirPublicKey: Uint8Array, mySecretKey: Uint8Array): Uint8Array {
	return sealUnder(sharedKey(theirPublicKey, mySecretKey), message);
}

/** The same where both ends' shared key is known. */
export function sealUnder(key: Uint8Array, message: Uint8Array): Uint8Array {
	const nonce = nacl.randomBytes(NONCE_BYTES);
	const box = nacl.box.after(message, nonce, key);
	const sealed = new Uint8Array(NONCE_BYTES + box.length);
	sealed.set(nonce);
	sealed.set(box, NONCE_BYTES);
	return sealed;
}

/**
 * @param sealed nonce(24) || NaCl box; borrowed, not modified.
 * @throws CryptoError DECRYPT_FAILED, WEAK_KEY.
 */
export function openSealed(sealed: Uint8Array, theirPublicKey: Uint8Array, mySecretKey: Uint8Array): Uint8Array {
	return openUnder(sharedKey(theirPublicKey, mySecretKey), sealed);
}

/**
 * The same where both ends' shared key is known.
 * @throws CryptoError DECRYPT_FAILED.
 */
export function openUnder(key: Uint8Array, sealed: Uint8Array): Uint8Array {
	if (sealed.length < SEAL_OVERHEAD_BYTES) throw decryptFailed();
	const message = nacl.box.open.after(sealed.subarray(NONCE_BYTES), sealed.subarray(0, NONCE_BYTES), key);
	if (message === null) throw decryptFailed();
	return message;
}
