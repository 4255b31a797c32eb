import { expect, test } from 'vitest';
import { loadSodiumPrimitives } from './backends/sodium.js';
import { equalBytes, wipe } from './bytes.js';
import { defaultPrimitives } from './choose.js';
import { fromHex, toHex } from './fixtures/hex.js';
import { expand } from './hkdf.js';

test('Node gets libsodium where it is installed, as it is here, and always the same object', () => {
	expect(defaultPrimitives().name).toBe('sodium');
	expect(defaultPrimitives()).toBe(defaultPrimitives());
	expect(loadSodiumPrimitives()?.name).toBe('sodium');
});

test('expands as RFC 5869 says: the first 32 bytes of its test case 1', () => {
	const key = fromHex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
	expect(toHex(expand(defaultPrimitives(), key, fromHex('f0f1f2f3f4f5f6f7f8f9')))).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf');
});

test('compares bytes, and wipes them', () => {
	const secret = Uint8Array.of(1, 2, 3);
	expect(equalBytes(secret, Uint8Array.of(1, 2, 3))).toBe(true);
	for (const other of [Uint8Array.of(1, 2, 4), Uint8Array.of(0, 2, 3), Uint8Array.of(1, 2), new Uint8Array(0)]) expect(equalBytes(secret, other)).toBe(false);
	expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
	wipe(secret, secret);
	expect(secret).toEqual(new Uint8Array(3));
});
