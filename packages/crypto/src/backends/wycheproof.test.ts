import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { BACKENDS } from '../fixtures/backends.js';
import { fromHex, toHex } from '../fixtures/hex.js';

interface Case {
	tcId: number;
	result: 'valid' | 'invalid' | 'acceptable';
	flags: string[];
	[field: string]: unknown;
}

// Hundreds of curve operations in pure JavaScript, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const folder = new URL('../../../../../shared/vectors/', import.meta.url);
const found = existsSync(folder);

/** Every case of a set of Wycheproof's, with what its group says of it. */
function cases(name: string): (Case & Record<string, string>)[] {
	const { testGroups } = JSON.parse(readFileSync(new URL(`wycheproof-${name}_test.json`, folder), 'utf8'));
	return testGroups.flatMap((group: { publicKey?: { pk: string }; tests: Case[] }) => group.tests.map((test) => ({ ...test, pk: group.publicKey?.pk })));
}

describe.skipIf(!found).each(BACKENDS)('Wycheproof through $name (skipped where the folder ../shared is not)', ({ x25519, ed25519, aead }) => {
	test('x25519: all 518, zero results refused', () => {
		const all = cases('x25519');
		for (const { tcId, flags, private: secret, public: key, shared } of all) {
			const agree = () => toHex(x25519.shared(fromHex(secret as string), fromHex(key as string)));
			if (flags.includes('ZeroSharedSecret')) expect(agree, `case ${tcId}`).toThrow(expect.objectContaining({ code: 'WEAK_KEY' }));
			else expect(agree(), `case ${tcId}`).toBe(shared);
		}
		expect(all.length).toBe(518);
	});

	test('ed25519: all 151', () => {
		const all = cases('ed25519');
		for (const { tcId, result, pk, msg, sig } of all)
			expect(ed25519.verify(fromHex(pk as string), fromHex(msg as string), fromHex(sig as string)), `case ${tcId}`).toBe(result === 'valid');
		expect(all.length).toBe(151);
	});

	test('chacha20-poly1305: all 325, both ways', () => {
		const all = cases('chacha20_poly1305');
		for (const { tcId, result, key, iv, aad, msg, ct, tag } of all) {
			const cipher = aead('chacha20-poly1305', fromHex(key as string));
			const [nonce, sealed, associated] = [fromHex(iv as string), fromHex(`${ct}${tag}`), fromHex(aad as string)];
			if (result === 'invalid') {
				expect(() => cipher.open(nonce, sealed, associated), `case ${tcId}`).toThrow();
				continue;
			}
			expect(toHex(cipher.open(nonce, sealed, associated)), `case ${tcId}`).toBe(msg);
			expect(toHex(cipher.seal(nonce, fromHex(msg as string), associated)), `case ${tcId}`).toBe(`${ct}${tag}`);
		}
		expect(all.length).toBe(325);
	});
});
