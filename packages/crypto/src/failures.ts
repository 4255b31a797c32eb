import { CryptoError } from './crypto-error.js';

/** RFC 7748 section 6.1: an all-zero result means that the peer chose a point of small order, and so the secret. */
export function weakKey(): CryptoError {
	return new CryptoError('WEAK_KEY', 'An X25519 result was all zero: the public key is a point of small order. Nothing secret can be agreed on with it.');
}

/** One error for whatever did not fit, tag or length. */
export function decryptFailed(): CryptoError {
	return new CryptoError('DECRYPT_FAILED', 'A sealed message did not open: it was changed, or sealed with another key, nonce or associated data.');
}
