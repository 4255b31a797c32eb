import { Point } from '@noble/ed25519';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodePrimitives } from './backends/node.js';
import { fromHex, toHex } from './fixtures/hex.js';
import { SMALL_ORDER_ENCODINGS } from './fixtures/weak-points.js';
import { isStrictPublicKey, isStrictSignature } from './strict-ed25519.js';

test('the keys refused are all eight points of small order, reckoned by noble', () => {
	const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
	const points = Array.from({ length: 8 }, (_, times) => toHex(generator.multiplyUnsafe(BigInt(times)).toBytes()));
	expect(new Set(points).size).toBe(8);
	for (const point of points) {
		expect(SMALL_ORDER_ENCODINGS).toContain(point);
		expect(isStrictPublicKey(fromHex(point))).toBe(false);
	}
	for (const encoding of SMALL_ORDER_ENCODINGS) expect(isStrictPublicKey(fromHex(encoding))).toBe(false);
});

test('every key somebody made is taken, and no encoding with y >= p', () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
			expect(isStrictPublicKey(nodePrimitives.ed25519.publicKey(seed))).toBe(true);
		}),
		{ numRuns: 30 },
	);
	for (let low = 0xed; low <= 0xff; low++)
		for (const high of [0x7f, 0xff]) expect(isStrictPublicKey(Uint8Array.of(low, ...new Uint8Array(30).fill(0xff), high))).toBe(false);
	// p - 2 is the largest y that is no point of small order.
	expect(isStrictPublicKey(Uint8Array.of(0xeb, ...new Uint8Array(30).fill(0xff), 0x7f))).toBe(true);
	expect(isStrictPublicKey(new Uint8Array(31).fill(5))).toBe(false);
});

test('S may be anything below L', () => {
	const r = nodePrimitives.ed25519.publicKey(new Uint8Array(32));
	const signature = (s: string) => new Uint8Array([...r, ...fromHex(s)]);
	expect(isStrictSignature(signature('ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))).toBe(true);
	expect(isStrictSignature(signature('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))).toBe(false);
	expect(isStrictSignature(signature('00d4f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))).toBe(false);
	expect(isStrictSignature(signature('00'.repeat(32)))).toBe(true);
	expect(isStrictSignature(signature('00'.repeat(31)))).toBe(false);
});
