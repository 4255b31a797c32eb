import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { nodePrimitives } from './backends/node.js';
import { encodeBase64url } from './base64url.js';
import { BACKENDS } from './fixtures/backends.js';
import { createIdentity } from './identity.js';
import { exportIdentity, importIdentity } from './identity-text.js';

const seed = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
const primitives = nodePrimitives;

test('an identity signs, and anybody can verify with its public key', () => {
	const identity = createIdentity(primitives);
	const message = new TextEncoder().encode('hello');
	const signature = identity.sign(message);
	expect(identity.publicKey).toHaveLength(32);
	expect(primitives.ed25519.verify(identity.publicKey, message, signature)).toBe(true);
	expect(primitives.ed25519.verify(createIdentity(primitives).publicKey, message, signature)).toBe(false);
});

test('one seed is one identity, and the seed may be wiped afterwards', () => {
	const own = seed.slice();
	const identity = createIdentity(primitives, own);
	own.fill(0);
	expect(identity.publicKey).toEqual(primitives.ed25519.publicKey(seed));
	expect(primitives.ed25519.verify(identity.publicKey, seed, identity.sign(seed))).toBe(true);
	expect(() => createIdentity(primitives, new Uint8Array(31))).toThrow(RangeError);
});

test('nothing that shows an identity shows its seed', () => {
	const identity = createIdentity(primitives, seed);
	const shown = [
		JSON.stringify({ identity }),
		String(identity),
		inspect(identity, { showHidden: true, depth: 9, maxArrayLength: null }),
		JSON.stringify(structuredClone({ ...identity })),
		JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(identity))),
	].join('\n');
	expect(shown).toContain(identity.fingerprint);
	for (const form of [
		encodeBase64url(seed),
		Buffer.from(seed).toString('hex'),
		Buffer.from(seed).toString('base64'),
		[...seed].join(','),
		inspect(seed).slice(16, 60),
	]) {
		expect(shown.replace(/\s/g, '')).not.toContain(form.replace(/\s/g, ''));
	}
	expect(String(identity)).toBe(identity.fingerprint);
});

test.each(BACKENDS.map((backend) => [backend.name, backend] as const))('with %s no other Buffer reaches what is secret', (_, backend) => {
	const own = crypto.getRandomValues(new Uint8Array(32));
	const [mine, theirs] = [backend.x25519.generate(), backend.x25519.generate()];
	backend.x25519.shared(mine.secretKey, theirs.publicKey);
	createIdentity(backend, own).sign(seed);
	backend.ed25519.sign(own, seed);
	// The pool that small Buffers share.
	const pool = Buffer.from(Buffer.from('x').buffer);
	for (const secret of [own, mine.secretKey, theirs.secretKey]) expect(pool.includes(Buffer.from(secret.buffer, secret.byteOffset, secret.length))).toBe(false);
});

test('a text without a passphrase comes back as the same identity', async () => {
	const identity = createIdentity(primitives);
	const again = await importIdentity(primitives, await exportIdentity(primitives, identity));
	expect(again.fingerprint).toBe(identity.fingerprint);
	expect(again.sign(seed)).toEqual(identity.sign(seed));
});

// Five times scrypt, which is slow on purpose.
test('a passphrase seals the text, differently each time, and only the same passphrase opens it', async () => {
	const identity = createIdentity(primitives, seed);
	const passphrase = 'Zwölf Boxkämpfer';
	const text = await exportIdentity(primitives, identity, { passphrase });
	expect(text).not.toContain(encodeBase64url(seed));
	expect(await exportIdentity(primitives, identity, { passphrase })).not.toBe(text);
	// The same words typed on a keyboard that composes its umlauts.
	expect((await importIdentity(primitives, text, { passphrase: passphrase.normalize('NFD') })).fingerprint).toBe(identity.fingerprint);
	const refused = expect.objectContaining({ code: 'IDENTITY_PASSPHRASE' });
	await expect(importIdentity(primitives, text, { passphrase: 'zwölf Boxkämpfer' })).rejects.toEqual(refused);
	await expect(importIdentity(primitives, text)).rejects.toEqual(refused);
	const stranger = encodeBase64url(createIdentity(primitives).publicKey);
	await expect(importIdentity(primitives, text.replace(/"key":"[^"]*"/, `"key":"${stranger}"`), { passphrase })).rejects.toEqual(refused);
}, 60_000);

test('who expects protection is told where there is none', async () => {
	const text = await exportIdentity(primitives, createIdentity(primitives));
	await expect(importIdentity(primitives, text, { passphrase: 'x' })).rejects.toMatchObject({ code: 'IDENTITY_PASSPHRASE' });
	await expect(exportIdentity(primitives, createIdentity(primitives), { passphrase: '' })).rejects.toThrow(RangeError);
});

test('a text that was changed anywhere is refused, and the error does not quote it', async () => {
	const text = await exportIdentity(primitives, createIdentity(primitives, seed));
	for (let at = 0; at < text.length; at++) {
		const changed = text.slice(0, at) + (text.charAt(at) === 'x' ? 'y' : 'x') + text.slice(at + 1);
		const error = await importIdentity(primitives, changed).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'IDENTITY_MALFORMED' });
		expect(error.message).not.toContain(encodeBase64url(seed).slice(0, 10));
	}
	for (const other of ['', '{}', 'null', text.slice(0, -1), `${text}${text}`, text.replace('"v":1', '"v":2')]) {
		await expect(importIdentity(primitives, other)).rejects.toMatchObject({ code: 'IDENTITY_MALFORMED' });
	}
});

test('an identity whose secret is kept elsewhere signs, and cannot be exported', async () => {
	const { publicKey, fingerprint } = createIdentity(primitives);
	await expect(exportIdentity(primitives, { publicKey, fingerprint, sign: () => new Uint8Array(64) })).rejects.toThrow(TypeError);
});
