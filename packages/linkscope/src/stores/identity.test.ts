import { createIdentity, defaultPrimitives, exportIdentity, fingerprintOf } from '@linkscope/crypto';
import { createTrustStore, memoryStorage, readRotation, type Storage } from '@linkscope/plugins';
import { describe, expect, it, vi } from 'vitest';
import { loadOrCreateIdentity, rotateIdentity, rotationStatements } from './identity.js';

// A passphrase costs some 100 ms each time, by intent, and far more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

async function storing(text: string, name = 'identity'): Promise<Storage> {
	const storage = memoryStorage();
	await storage.update(name, () => text);
	return storage;
}

describe('loadOrCreateIdentity()', () => {
	it('makes an identity once, and finds it again', async () => {
		const storage = memoryStorage();
		const first = await loadOrCreateIdentity(storage);
		const again = await loadOrCreateIdentity(storage);
		expect(again.fingerprint).toBe(first.fingerprint);
		expect(again.sign(new Uint8Array(3))).toEqual(first.sign(new Uint8Array(3)));
		expect((await loadOrCreateIdentity(storage, { name: 'other' })).fingerprint).not.toBe(first.fingerprint);
	});

	it.each(['/a/path', null, {}])('says at once that %j is no storage', async (storage) => {
		for (const use of [loadOrCreateIdentity, rotateIdentity, rotationStatements]) {
			await expect(use(storage as never)).rejects.toThrow(/^storage must be a storage, got (string|null|object): fileStorage\(folder\)/);
			await expect(use(storage as never)).rejects.toBeInstanceOf(TypeError);
		}
	});

	it('makes one identity where it is called several times at once', async () => {
		const storage = memoryStorage();
		const identities = await Promise.all(Array.from({ length: 5 }, () => loadOrCreateIdentity(storage)));
		expect(new Set(identities.map(({ fingerprint }) => fingerprint)).size).toBe(1);
		expect((await loadOrCreateIdentity(storage)).fingerprint).toBe(identities[0]?.fingerprint);
	});

	it('protects it with a passphrase, and leaves it untouched where that is wrong or missing', async () => {
		const storage = memoryStorage();
		const { fingerprint } = await loadOrCreateIdentity(storage, { passphrase: 'correct horse' });
		const stored = await storage.read('identity');
		expect((await loadOrCreateIdentity(storage, { passphrase: 'correct horse' })).fingerprint).toBe(fingerprint);
		for (const passphrase of ['wrong', undefined]) {
			const failure = { code: 'IDENTITY_PASSPHRASE', message: expect.stringMatching(/^the identity in "identity" in memory was not opened: /) };
			await expect(loadOrCreateIdentity(storage, { passphrase })).rejects.toMatchObject(failure);
		}
		await expect(rotateIdentity(storage)).rejects.toMatchObject({ code: 'IDENTITY_PASSPHRASE' });
		expect(await storage.read('identity')).toBe(stored);
	});

	it('tells the loser of a race with another passphrase that its own is wrong', async () => {
		const storage = memoryStorage();
		const outcomes = await Promise.allSettled([loadOrCreateIdentity(storage), loadOrCreateIdentity(storage, { passphrase: 'mine' })]);
		expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'IDENTITY_PASSPHRASE' } }]);
	});

	it('takes what exportIdentity() wrote', async () => {
		const identity = createIdentity(defaultPrimitives());
		const storage = await storing(await exportIdentity(defaultPrimitives(), identity));
		expect((await loadOrCreateIdentity(storage)).fingerprint).toBe(identity.fingerprint);
	});

	it('refuses what was corrupted anywhere, leaves it untouched, and quotes none of it', async () => {
		const source = memoryStorage();
		await loadOrCreateIdentity(source);
		await rotateIdentity(source);
		await rotateIdentity(source);
		const { identity } = await rotateIdentity(source);
		const text = (await source.read('identity')) as string;
		const [own = '', first = '', second = '', third = ''] = text.split('\n');
		const corrupted = [
			'',
			'\n',
			'null',
			'{"__proto__":{"v":1}}',
			text.slice(0, 40),
			text.slice(0, -20),
			`${text}\n`,
			[own, first, third].join('\n'),
			[own, first, second].join('\n'),
			`${own}\n`.repeat(2),
			[own, ...Array(17).fill(third)].join('\n'),
			'x'.repeat(2 ** 23),
			...Array.from({ length: 40 }, (_, i) => Math.floor((i * text.length) / 40)).map(
				(at) => text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1),
			),
		];
		const seed = JSON.parse(own).seed as string;
		for (const bad of corrupted) {
			const storage = await storing(bad);
			for (const attempt of [() => loadOrCreateIdentity(storage), () => rotateIdentity(storage)]) {
				const error = await attempt().catch((thrown) => thrown);
				expect(error).toMatchObject({
					code: 'IDENTITY_MALFORMED',
					message: expect.stringMatching(/^the identity in "identity" in memory cannot be used: .*restore it from a copy/),
				});
				expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(seed.slice(0, 8));
			}
			expect(await storage.read('identity')).toBe(bad);
		}
		expect((await loadOrCreateIdentity(await storing(text))).fingerprint).toBe(identity.fingerprint);
	});

	it('uses no identity that could not be stored', async () => {
		const full: Storage = { ...memoryStorage(), update: () => Promise.reject(new Error('no space')) };
		await expect(loadOrCreateIdentity(full)).rejects.toThrow('no space');
	});
});

describe('rotateIdentity()', () => {
	it('stores the successor, and makes a statement that a trust store follows', async () => {
		const storage = memoryStorage();
		const former = await loadOrCreateIdentity(storage, { passphrase: 'p' });
		const store = createTrustStore(memoryStorage());
		await store.put({ identity: former.publicKey, level: 'paired', label: 'Ada' });
		const { identity, statement } = await rotateIdentity(storage, { passphrase: 'p' });
		expect((await loadOrCreateIdentity(storage, { passphrase: 'p' })).fingerprint).toBe(identity.fingerprint);
		expect(fingerprintOf(readRotation(statement).former)).toBe(former.fingerprint);
		expect(await store.follow(statement)).toMatchObject({ fingerprint: identity.fingerprint, level: 'paired', label: 'Ada' });
		expect(await rotationStatements(storage)).toEqual([statement]);
	});

	it("does not keep the former one's secret", async () => {
		const storage = memoryStorage();
		await loadOrCreateIdentity(storage);
		const { seed } = JSON.parse((await storage.read('identity')) as string);
		await rotateIdentity(storage);
		expect(await storage.read('identity')).not.toContain(seed);
	});

	it('keeps the last 16 statements, so that a peer that missed some can follow all', async () => {
		const storage = memoryStorage();
		const { publicKey } = await loadOrCreateIdentity(storage);
		const store = createTrustStore(memoryStorage());
		await store.put({ identity: publicKey, level: 'pinned' });
		for (let i = 0; i < 16; i++) await rotateIdentity(storage);
		for (const statement of await rotationStatements(storage)) expect(await store.follow(statement)).not.toBeNull();
		const last = await loadOrCreateIdentity(storage);
		expect(await store.get(last.publicKey)).toMatchObject({ level: 'pinned' });
		await rotateIdentity(storage);
		expect(await rotationStatements(storage)).toHaveLength(16);
		await loadOrCreateIdentity(storage);
	});

	it('rotates once where two ask at the same time, and tells the other', async () => {
		const storage = memoryStorage();
		await loadOrCreateIdentity(storage);
		const outcomes = await Promise.allSettled([rotateIdentity(storage), rotateIdentity(storage)]);
		expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'STORE_UNWRITABLE' } }]);
		expect(await rotationStatements(storage)).toHaveLength(1);
	});

	it('has nothing to rotate where nothing is stored', async () => {
		const storage = memoryStorage();
		await expect(rotateIdentity(storage)).rejects.toMatchObject({
			code: 'STORE_UNREADABLE',
			message: expect.stringMatching(/loadOrCreateIdentity\(\) makes one/),
		});
		expect(await rotationStatements(storage)).toEqual([]);
	});
});
