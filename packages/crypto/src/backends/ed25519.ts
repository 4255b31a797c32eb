import { getPublicKey, hashes, Point, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { checkLength } from '../bytes.js';
import type { Ed25519 } from '../primitives.js';
import { isStrictPublicKey, isStrictSignature } from '../strict-ed25519.js';
import { readNumber } from './little-endian.js';

// What the library asks for; of a page that uses it too we change nothing.
hashes.sha512 ??= sha512;

/** Ed25519 of @noble/ed25519, but for its verify, which takes signatures that OpenSSL refuses. */
export const ed25519: Ed25519 = {
	publicKey(seed) {
		checkLength('A seed of Ed25519', seed, 32);
		return getPublicKey(seed);
	},

	sign(seed, message) {
		checkLength('A seed of Ed25519', seed, 32);
		return sign(message, seed);
	},

	verify(publicKey, message, signature) {
		if (!isStrictPublicKey(publicKey) || !isStrictSignature(signature)) return false;
		const r = signature.subarray(0, 32);
		const s = readNumber(signature.subarray(32));
		const k = readNumber(sha512.create().update(r).update(publicKey).update(message).digest()) % Point.CURVE().n;
		try {
			// RFC 8032 section 5.1.7, in the form without the cofactor, as OpenSSL does it: R is compared as bytes.
			const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k)).toBytes();
			return expected.every((byte, index) => byte === r[index]);
		} catch {
			// Not on the curve.
			return false;
		}
	},
};
