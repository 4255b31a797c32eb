import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../fixtures/hex.js';
import { montgomeryLadder } from './montgomery-ladder.js';
import { nodePrimitives } from './node.js';

test('after 1 and after 1,000 rounds it is where RFC 7748 section 5.2 says', () => {
	let k = fromHex(`09${'00'.repeat(31)}`);
	let u = k;
	for (let round = 1; round <= 1000; round++) {
		[k, u] = [montgomeryLadder(k, u), k];
		if (round === 1) expect(toHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
	}
	expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
});

test('is as OpenSSL says for whatever bytes, on the curve, on its twist and beyond p', () => {
	const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
	// Of 19 encodings from p to 2^255, and of all bytes, with and without the bit that does not count.
	const beyond = fc.tuple(fc.integer({ min: 0xed, max: 0xff }), fc.constantFrom(0x7f, 0xff)).map(([low, high]) => {
		return Uint8Array.of(low, ...new Uint8Array(30).fill(0xff), high);
	});
	fc.assert(
		fc.property(bytes, fc.oneof(bytes, beyond), (scalar, u) => {
			const ours = montgomeryLadder(scalar, u);
			if (ours.every((byte) => byte === 0)) expect(() => nodePrimitives.x25519.shared(scalar, u)).toThrow(expect.objectContaining({ code: 'WEAK_KEY' }));
			else expect(toHex(nodePrimitives.x25519.shared(scalar, u))).toBe(toHex(ours));
		}),
		{ numRuns: 300 },
	);
});
