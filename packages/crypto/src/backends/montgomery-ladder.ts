import { clamped, readNumber, writeNumber } from './little-endian.js';

const P = 2n ** 255n - 19n;
const A24 = 121_665n;

/**
 * The function X25519 of RFC 7748 section 5, in its names. @noble/ed25519 has the other half of the curve alone, and @noble/curves, which has both, weighs three times as much.
 * What it does depends on no bit of the secret; how long the engine takes for a BigInt may.
 * @param scalar 32 secret bytes.
 * @param u 32 bytes, a public key or the base point 9.
 * @returns 32 bytes; all zero where `u` is a point of small order.
 */
export function montgomeryLadder(scalar: Uint8Array, u: Uint8Array): Uint8Array {
	const k = clamped(scalar);
	const x1 = readNumber(u) & (2n ** 255n - 1n);
	let [x2, z2, x3, z3, swapped] = [1n, 0n, x1, 1n, 0n];
	// Swaps both pairs, or takes nothing away and adds nothing.
	const swap = (bit: bigint) => {
		const [x, z] = [bit * (x2 - x3), bit * (z2 - z3)];
		[x2, x3, z2, z3] = [x2 - x, x3 + x, z2 - z, z3 + z];
	};
	for (let t = 254n; t >= 0n; t--) {
		const bit = (k >> t) & 1n;
		swap(swapped ^ bit);
		swapped = bit;
		const [a, b] = [x2 + z2, x2 - z2];
		const [aa, bb] = [(a * a) % P, (b * b) % P];
		const e = aa - bb;
		const [da, cb] = [((x3 - z3) * a) % P, ((x3 + z3) * b) % P];
		x3 = (da + cb) ** 2n % P;
		z3 = (x1 * ((da - cb) ** 2n % P)) % P;
		x2 = (aa * bb) % P;
		z2 = (e * (aa + A24 * e)) % P;
	}
	swap(swapped);
	const quotient = (x2 * inverseOf(z2)) % P;
	return writeNumber(quotient < 0n ? quotient + P : quotient);
}

/** By Fermat: z^(p - 2), and 0 of 0. */
function inverseOf(z: bigint): bigint {
	let inverse = 1n;
	// Of the exponent's 255 bits, two are 0.
	for (let t = 254; t >= 0; t--) {
		inverse = (inverse * inverse) % P;
		if (t !== 4 && t !== 2) inverse = (inverse * z) % P;
	}
	return inverse;
}
