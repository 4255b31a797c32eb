import { FakeClock } from '@linkscope/core/testing';
import { createIdentity, defaultPrimitives, encodeBase64url, fingerprintOf } from '@linkscope/crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { signRotation } from './rotation.js';
import { memoryStorage, type Storage } from './storage.js';
import { createTrustStore } from './trust-store.js';

// Ten thousand records take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const newIdentity = () => createIdentity(defaultPrimitives());
const id = (fill: number) => encodeBase64url(new Uint8Array(16).fill(fill));
const ada = newIdentity();
const bob = newIdentity();

/** A store, and the text behind it. */
function setUp(text: string | null = null) {
	const storage = memoryStorage();
	if (text !== null) void storage.update('trust', () => text);
	const clock = new FakeClock();
	return { storage, clock, store: createTrustStore(storage, { clock }), text: () => storage.read('trust') };
}

describe('a trust store', () => {
	it.each(['/a/path', null, undefined, {}])('is not made of %j, which is no storage', (storage) => {
		expect(() => createTrustStore(storage as never)).toThrow(/^storage must be a storage, got /);
		expect(() => createTrustStore(storage as never)).toThrow(TypeError);
	});

	it('remembers an identity by its key, its text and its fingerprint, also as a person types it', async () => {
		const { store, storage, clock } = setUp();
		expect(await store.get(ada.publicKey)).toBeNull();
		const record = await store.put({ identity: ada.publicKey, level: 'paired', inviteId: id(1), connectionId: id(2), label: "Ada's phone" });
		expect(record).toEqual({
			identity: encodeBase64url(ada.publicKey),
			fingerprint: ada.fingerprint,
			level: 'paired',
			since: clock.epoch(),
			inviteId: id(1),
			connectionId: id(2),
			label: "Ada's phone",
		});
		const again = createTrustStore(storage);
		for (const name of [ada.publicKey, record.identity, ada.fingerprint, ada.fingerprint.toUpperCase().replaceAll('-', ' ')]) {
			expect(await again.get(name)).toEqual(record);
		}
		expect(await again.get(bob.publicKey)).toBeNull();
		await expect(again.get('Ada')).rejects.toThrow(/43 characters of base64url/);
	});

	it('revokes, trusts again after pairing, and forgets', async () => {
		const { store, clock } = setUp();
		await store.put({ identity: ada.publicKey, level: 'paired', label: 'Ada' });
		await store.put({ identity: bob.publicKey, level: 'pinned' });
		clock.advance(1000);
		expect(await store.revoke(ada.fingerprint)).toMatchObject({ level: 'revoked', since: clock.epoch(), label: 'Ada' });
		expect(await store.revoke(newIdentity().publicKey)).toBeNull();
		expect((await store.list()).map(({ fingerprint, level }) => [fingerprint, level])).toEqual([
			[bob.fingerprint, 'pinned'],
			[ada.fingerprint, 'revoked'],
		]);
		await store.put({ identity: ada.publicKey, level: 'paired' });
		expect(await store.get(ada.publicKey)).toMatchObject({ level: 'paired' });
		expect([await store.remove(ada.publicKey), await store.remove(ada.publicKey)]).toEqual([true, false]);
		expect(await store.list()).toHaveLength(1);
	});

	it('loses no change of several stores at once', async () => {
		const { storage } = setUp();
		const identities = Array.from({ length: 20 }, newIdentity);
		await Promise.all(identities.map(({ publicKey }) => createTrustStore(storage).put({ identity: publicKey, level: 'paired' })));
		expect(await createTrustStore(storage).list()).toHaveLength(20);
	});

	it('sees at once what another store changed', async () => {
		const { store, storage } = setUp();
		await store.put({ identity: ada.publicKey, level: 'paired' });
		await store.get(ada.publicKey);
		await createTrustStore(storage).revoke(ada.publicKey);
		expect(await store.get(ada.publicKey)).toMatchObject({ level: 'revoked' });
	});

	it('lends nobody a record that could be changed', async () => {
		const { store, storage } = setUp();
		const lent = [await store.put({ identity: ada.publicKey, level: 'paired' }), await store.get(ada.publicKey), ...(await store.list())];
		lent.push(await store.revoke(ada.publicKey), ...(await createTrustStore(storage).list()));
		for (const record of lent) expect(() => Object.assign(record as object, { level: 'pinned' })).toThrow(TypeError);
		expect(await store.get(ada.publicKey)).toMatchObject({ level: 'revoked' });
	});

	describe('where the clock was set back after a pairing', () => {
		const paired = async (issuedAt: number) => {
			const { store, clock } = setUp();
			const entry = { identity: ada.publicKey, inviteId: id(1), connectionId: id(2) };
			await store.pair(entry, issuedAt);
			const { since } = (await store.get(ada.publicKey)) as { since: number };
			clock.jumpEpoch(-3_600_000);
			return { store, since, again: () => store.pair(entry, issuedAt) };
		};
		const issuedAt = new FakeClock().epoch() - 1000;

		it('lets no invite from before bring a revoked peer back', async () => {
			const { store, since, again } = await paired(issuedAt);
			expect(await store.revoke(ada.publicKey)).toMatchObject({ level: 'revoked', since });
			expect(await again()).toBeNull();
		});

		it('nor one that was revoked by hand, elsewhere, or by a rotation', async () => {
			const byHand = await paired(issuedAt);
			await byHand.store.put({ identity: ada.publicKey, level: 'revoked' });
			expect(await byHand.again()).toBeNull();

			const elsewhere = await paired(issuedAt);
			const other = setUp();
			other.clock.jumpEpoch(-3_600_000);
			await other.store.put({ identity: ada.publicKey, level: 'revoked' });
			await elsewhere.store.import(await other.store.export());
			expect(await elsewhere.again()).toBeNull();

			const rotated = await paired(issuedAt);
			await rotated.store.follow(signRotation(ada, newIdentity(), 5));
			expect(await rotated.again()).toBeNull();
		});
	});

	it('takes only what it could read again', async () => {
		const { store, text } = setUp();
		const good = { identity: ada.publicKey, level: 'paired' } as const;
		for (const bad of [
			{ ...good, identity: new Uint8Array(31) },
			{ ...good, identity: new Uint8Array(32) },
			{ ...good, identity: 'x' },
			{ ...good, level: 'admin' as 'paired' },
			{ ...good, inviteId: 'short' },
			{ ...good, label: 'x'.repeat(257) },
			{ ...good, label: '\ud800' },
			{ ...good, label: 7 as unknown as string },
		]) {
			await expect(store.put(bad)).rejects.toThrow(TypeError);
		}
		expect(await text()).toBeNull();
		await store.put({ ...good, label: '"}\n{"type":"x" \u2028 __proto__' });
		expect(await store.get(ada.publicKey)).toMatchObject({ label: '"}\n{"type":"x" \u2028 __proto__' });
	});
});

describe('export and import', () => {
	it('carry everything over, lift no revocation, and take one over', async () => {
		const here = setUp().store;
		const there = setUp().store;
		const cleo = newIdentity();
		for (const { publicKey } of [ada, bob]) await here.put({ identity: publicKey, level: 'pinned', label: 'of here' });
		for (const { publicKey } of [ada, bob, cleo]) await there.put({ identity: publicKey, level: 'paired', label: 'of there' });
		await here.revoke(ada.publicKey);
		await there.revoke(bob.publicKey);
		expect(await here.import(await there.export())).toBe(2);
		expect(await here.get(ada.publicKey)).toMatchObject({ level: 'revoked', label: 'of here' });
		expect(await here.get(bob.publicKey)).toMatchObject({ level: 'revoked', label: 'of there' });
		expect(await here.get(cleo.publicKey)).toEqual(await there.get(cleo.publicKey));
		expect(await here.import(await there.export())).toBe(0);
		const empty = setUp().store;
		expect(await empty.import(await empty.export())).toBe(0);
	});

	const header = '{"type":"linkscope trust","v":1}\n';
	const line = (change: object) =>
		JSON.stringify({ identity: encodeBase64url(ada.publicKey), fingerprint: ada.fingerprint, level: 'paired', since: 1, ...change });
	it.each<[string, string, RegExp]>([
		['nothing', '', /line 1/],
		['a text that was cut off', `${header}${line({}).slice(0, -1)}`, /line 2: .*not JSON/],
		['a newer version', '{"type":"linkscope trust","v":2}\n', /version 2 is unknown, expected 1; a newer linkscope/],
		['something else', '{"type":"linkscope identity","v":1}', /expected "type":"linkscope trust"/],
		['a prototype', `${header}{"__proto__":{"level":"pinned"},${line({}).slice(1)}`, /line 2/],
		['a key twice', `${header}{"level":"revoked",${line({}).slice(1)}`, /line 2: .*a key twice/],
		['a line twice', `${header}${line({})}\n${line({ level: 'revoked' })}`, /line 3: an identity that had a line already/],
		['an unknown level', `${header}${line({ level: 'admin' })}`, /"level" must be one of/],
		['an unknown field', `${header}${line({ expires: 5 })}`, /a field that is unknown/],
		["another's fingerprint", `${header}${line({ fingerprint: bob.fingerprint })}`, /"fingerprint" belongs to another/],
		['a weak key', `${header}${line({ identity: encodeBase64url(new Uint8Array(32)) })}`, /weak key/],
		['nested values', `${header}${line({ label: { a: [[[[]]]] } })}`, /line 2/],
		['a time that is none', `${header}${line({ since: -1 })}`, /"since"/],
		['ten thousand and one lines', `${header}${'{}\n'.repeat(10_001)}`, /more than 10000 records/],
		['deep nesting', `${header}${'['.repeat(8000)}`, /line 2/],
		['a giant', 'x'.repeat(2 ** 23 + 1), /has 8388609 characters/],
	])('refuse %s, wherever it stands, and change nothing', async (_, text, message) => {
		const importing = setUp();
		await importing.store.put({ identity: bob.publicKey, level: 'pinned' });
		const before = await importing.text();
		await expect(importing.store.import(text)).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringMatching(message) });
		expect(await importing.text()).toBe(before);

		if (text.length > 2 ** 23) return;
		const { store, text: stored } = setUp(text);
		const failure = {
			name: 'StoreError',
			code: 'STORE_UNREADABLE',
			message: expect.stringMatching(/trusted peers in "trust" in memory cannot be read.*restore them from a copy/),
		};
		await expect(store.get(ada.publicKey)).rejects.toMatchObject(failure);
		await expect(store.put({ identity: ada.publicKey, level: 'paired' })).rejects.toMatchObject(failure);
		expect(await stored()).toBe(text);
		expect(Object.prototype).not.toHaveProperty('level');
	});

	it('answer whatever text they are given with a StoreError at most', async () => {
		const { store } = setUp();
		await store.put({ identity: bob.publicKey, level: 'paired', label: 'Bob' });
		const exported = await store.export();
		const cutAndPasted = fc
			.tuple(fc.nat(exported.length), fc.nat(exported.length), fc.string())
			.map(([from, to, text]) => exported.slice(0, from) + text + exported.slice(to));
		await fc.assert(
			fc.asyncProperty(fc.oneof(fc.string(), fc.json(), cutAndPasted), async (text) => {
				const outcome = await setUp()
					.store.import(text)
					.catch((error) => error);
				expect(typeof outcome === 'number' || outcome.code === 'STORE_UNREADABLE').toBe(true);
			}),
			{ numRuns: 500 },
		);
	});

	it('stop at ten thousand identities', async () => {
		const { store } = setUp();
		const keys = Array.from({ length: 10_000 }, (_, i) => {
			const key = new Uint8Array(32).fill(7);
			new DataView(key.buffer).setUint32(0, i);
			return key;
		});
		const lines = keys.map((key) => line({ identity: encodeBase64url(key), fingerprint: fingerprintOf(key) }));
		expect(await store.import(header + lines.join('\n'))).toBe(10_000);
		await expect(store.put({ identity: ada.publicKey, level: 'paired' })).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		expect(await store.list()).toHaveLength(10_000);
		await store.remove(keys[0] as Uint8Array);
		await store.put({ identity: ada.publicKey, level: 'paired' });
	});
});

it('hands on what its storage says when that fails', async () => {
	const broken: Storage = { read: () => Promise.reject(new Error('no disk')), update: () => Promise.reject(new Error('no disk')), where: String };
	const store = createTrustStore(broken);
	for (const failing of [store.get(ada.publicKey), store.list(), store.put({ identity: ada.publicKey, level: 'paired' }), store.revoke(ada.publicKey)]) {
		await expect(failing).rejects.toThrow('no disk');
	}
});

describe('following a rotation', () => {
	it('gives the record to the successor, through several rotations, and revokes the former', async () => {
		const { store, clock } = setUp();
		await store.put({ identity: ada.publicKey, level: 'paired', inviteId: id(1), label: 'Ada' });
		const [second, third] = [newIdentity(), newIdentity()];
		clock.advance(1000);
		expect(await store.follow(signRotation(ada, second, 5))).toMatchObject({
			fingerprint: second.fingerprint,
			level: 'paired',
			since: clock.epoch(),
			inviteId: id(1),
			label: 'Ada',
		});
		expect(await store.get(ada.publicKey)).toMatchObject({ level: 'revoked' });
		expect(await store.follow(signRotation(second, third, 6))).toMatchObject({ fingerprint: third.fingerprint, label: 'Ada' });
	});

	it('changes nothing for a former identity that is unknown, revoked or gone, nor for a successor that is known', async () => {
		const { store, text } = setUp();
		const thief = newIdentity();
		await store.put({ identity: ada.publicKey, level: 'paired' });
		await store.put({ identity: bob.publicKey, level: 'paired' });
		await store.revoke(bob.publicKey);
		const before = await text();
		for (const [former, successor] of [
			[thief, newIdentity()],
			[bob, thief],
			[ada, bob],
			[ada, ada],
		] as const) {
			expect(await store.follow(signRotation(former, successor, 5))).toBeNull();
		}
		expect(await text()).toBe(before);
		await store.follow(signRotation(ada, newIdentity(), 5));
		expect(await store.follow(signRotation(ada, thief, 6))).toBeNull();
	});

	it('refuses a statement in which anything was changed, or which only one of the two signed', async () => {
		const { store, text } = setUp();
		await store.put({ identity: ada.publicKey, level: 'paired' });
		const before = await text();
		const statement = signRotation(ada, bob, 5);
		const thief = newIdentity();
		const imitate = (own: typeof thief, publicKey: Uint8Array) => ({ ...own, publicKey, sign: (message: Uint8Array) => own.sign(message) });
		const fields = JSON.parse(statement);
		for (const bad of [
			...Array.from(statement, (char, at) => `${statement.slice(0, at)}${char === 'x' ? 'y' : 'x'}${statement.slice(at + 1)}`),
			signRotation(imitate(thief, ada.publicKey), thief, 5),
			signRotation(ada, imitate(thief, bob.publicKey), 5),
			JSON.stringify({ ...fields, former_signature: fields.successor_signature }),
			JSON.stringify({ ...fields, successor_signature: fields.former_signature }),
			JSON.stringify({ ...fields, at: 6 }),
			'',
			'[]',
		]) {
			await expect(store.follow(bad)).rejects.toMatchObject({ code: 'IDENTITY_MALFORMED' });
		}
		expect(await text()).toBe(before);
	});
});
