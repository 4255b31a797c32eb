import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { BACKENDS } from '../fixtures/backends.js';
import type { Primitives } from '../primitives.js';

vi.setConfig({ testTimeout: 60_000 });

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const some = fc.uint8Array({ maxLength: 300 });

/** What every backend says must be what the first one says. */
function agree<Result>(ask: (primitives: Primitives) => Result): Result {
	const [first, ...others] = BACKENDS.map(ask) as [Result, ...Result[]];
	for (const other of others) expect(plain(other)).toBe(plain(first));
	return first;
}

// Comparing large arrays element by element takes the runner seconds.
function plain(result: unknown): unknown {
	return result instanceof Uint8Array ? Buffer.from(result).toString('latin1') : result;
}

test('every backend hashes and authenticates alike, however the parts are cut', () => {
	fc.assert(
		fc.property(fc.constantFrom('SHA256', 'SHA512', 'BLAKE2s', 'BLAKE2b'), some, fc.array(some, { maxLength: 4 }), (name, key, parts) => {
			agree(({ hash }) => hash(name, ...parts));
			agree(({ hmac }) => hmac(name, key, ...parts));
		}),
	);
});

test('every backend derives the same keys and secrets, of any bytes', () => {
	fc.assert(
		fc.property(bytes(32), bytes(32), (secretKey, other) => {
			const publicKey = agree(({ x25519 }) => x25519.publicKey(other));
			agree(({ x25519 }) => x25519.shared(secretKey, publicKey));
			agree(({ x25519 }) => x25519.shared(secretKey, other));
		}),
		{ numRuns: 40 },
	);
});

test('every backend signs alike, and judges what another signed alike, touched or not', () => {
	fc.assert(
		fc.property(bytes(32), some, fc.nat(63), fc.nat(255), (seed, message, index, change) => {
			const publicKey = agree(({ ed25519 }) => ed25519.publicKey(seed));
			const signature = agree(({ ed25519 }) => ed25519.sign(seed, message));
			signature[index] = (signature[index] as number) ^ change;
			expect(agree(({ ed25519 }) => ed25519.verify(publicKey, message, signature))).toBe(change === 0);
		}),
		{ numRuns: 30 },
	);
});

test('every backend seals the same bytes, of every size, and opens what another sealed', () => {
	const size = fc.oneof(fc.nat(200), fc.constantFrom(8191, 8192, 8193, 65536));
	fc.assert(
		fc.property(
			fc.constantFrom('chacha20-poly1305', 'aes-256-gcm'),
			bytes(32),
			bytes(12),
			some,
			size,
			fc.nat(20),
			(name, key, nonce, associated, length, headroom) => {
				const plaintext = new Uint8Array(length).map((_, index) => index % 251);
				const framed = agree(({ aead }) => aead(name, key).seal(nonce, plaintext, associated, headroom));
				expect(framed.subarray(0, headroom).every((byte) => byte === 0)).toBe(true);
				expect(plain(agree(({ aead }) => aead(name, key).open(nonce, framed.subarray(headroom), associated)))).toBe(plain(plaintext));
			},
		),
		{ numRuns: 60 },
	);
});
