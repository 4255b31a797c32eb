import type { HashName, Primitives } from './primitives.js';

const ONE = Uint8Array.of(1);

/** HKDF-Expand of RFC 5869 over SHA-256, to 32 bytes: one round. */
export function expand(primitives: Primitives, key: Uint8Array, info: Uint8Array): Uint8Array {
	return primitives.hmac('SHA256', key, info, ONE);
}

/**
 * HKDF as Noise has it (section 4.3): `chainingKey` is the salt, info is empty, each output as long as the hash.
 */
export function noiseHkdf(primitives: Primitives, hash: HashName, chainingKey: Uint8Array, input: Uint8Array, outputs: 2 | 3): Uint8Array[] {
	const key = primitives.hmac(hash, chainingKey, input);
	const first = primitives.hmac(hash, key, ONE);
	const second = primitives.hmac(hash, key, first, Uint8Array.of(2));
	const all = outputs === 2 ? [first, second] : [first, second, primitives.hmac(hash, key, second, Uint8Array.of(3))];
	key.fill(0);
	return all;
}
