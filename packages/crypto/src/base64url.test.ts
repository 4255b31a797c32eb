import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from './base64url.js';

test('writes the vectors of RFC 4648 section 10 without padding', () => {
	const vectors: Record<string, string> = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' };
	for (const [plain, encoded] of Object.entries(vectors)) {
		expect(encodeBase64url(new TextEncoder().encode(plain))).toBe(encoded);
		expect(new TextDecoder().decode(decodeBase64url(encoded))).toBe(plain);
	}
	expect(encodeBase64url(new Uint8Array([0xfb, 0xff, 0xfe]))).toBe('-__-');
});

test('agrees with Buffer on any bytes, both ways', () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
			const text = encodeBase64url(bytes);
			expect(text).toBe(Buffer.from(bytes).toString('base64url'));
			expect(decodeBase64url(text, bytes.length)).toEqual(bytes);
		}),
	);
});

test('takes a text only if it is what it would have written itself', () => {
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(...'AQgw-_9/+= \n\u00e9\u{1f600}'), maxLength: 12 }), (text) => {
			try {
				expect(encodeBase64url(decodeBase64url(text))).toBe(text);
			} catch (error) {
				expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
			}
		}),
		{ numRuns: 2000 },
	);
});

test.each(['Zh', 'Zm9', 'Zg==', 'Zg=', 'Z', 'Zm9vY', ' Zg', 'Zg\n', 'Zm+v', 'Zm/v', '\u0100\u0100', 'Zm\u{1f600}'])('refuses %j', (text) => {
	expect(() => decodeBase64url(text)).toThrow(expect.objectContaining({ code: 'MALFORMED_FRAME' }));
});

test('refuses another number of bytes than expected, and never quotes the text', () => {
	const key = encodeBase64url(new Uint8Array(32).fill(7));
	expect(decodeBase64url(key, 32)).toEqual(new Uint8Array(32).fill(7));
	for (const length of [0, 31, 33]) expect(() => decodeBase64url(key, length)).toThrow(`expected ${length} bytes`);
	expect(() => decodeBase64url(`${key}!`)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(key) }));
});
