import { Point } from '@noble/ed25519';
import { checkLength, wipe } from '../bytes.js';
import type { Ed25519 } from '../primitives.js';
import { isStrictPublicKey, isStrictSignature } from '../strict-ed25519.js';
import { clamped, readNumber, writeNumber } from './little-endian.js';
import { sha512 } from './sha2.js';

const ORDER = /* @__PURE__ */ Point.CURVE().n;

/**
 * RFC 8032 section 5.1 on the points of @noble/ed25519, whose own functions would need a hash function set for the whole page,
 * and take signatures that OpenSSL refuses.
 */
export const ed25519: Ed25519 = {
	publicKey(seed) {
		return keysOf(seed).publicKey;
	},

	sign(seed, message) {
		const { scalar, prefix, publicKey } = keysOf(seed);
		const secret = moduloOrder(sha512.digest(prefix, message));
		wipe(prefix);
		const r = Point.BASE.multiply(secret).toBytes();
		const k = moduloOrder(sha512.digest(r, publicKey, message));
		const signature = new Uint8Array(64);
		signature.set(r);
		signature.set(writeNumber((secret + k * scalar) % ORDER), 32);
		return signature;
	},

	verify(publicKey, message, signature) {
		if (!isStrictPublicKey(publicKey) || !isStrictSignature(signature)) return false;
		const r = signature.subarray(0, 32);
		const k = moduloOrder(sha512.digest(r, publicKey, message));
		const s = readNumber(signature.subarray(32));
		try {
			// The form without the cofactor, as OpenSSL does it: R is compared as bytes.
			const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k)).toBytes();
			return expected.every((byte, index) => byte === r[index]);
		} catch {
			// Not on the curve.
			return false;
		}
	},
};

function keysOf(seed: Uint8Array): { scalar: bigint; prefix: Uint8Array; publicKey: Uint8Array } {
	checkLength('A seed of Ed25519', seed, 32);
	const hash = sha512.digest(seed);
	const scalar = clamped(hash.subarray(0, 32)) % ORDER;
	wipe(hash.subarray(0, 32));
	return { scalar, prefix: hash.subarray(32), publicKey: Point.BASE.multiply(scalar).toBytes() };
}

function moduloOrder(hash: Uint8Array): bigint {
	return readNumber(hash) % ORDER;
}
