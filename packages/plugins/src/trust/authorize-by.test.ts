import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { expect, it } from 'vitest';
import { authorizeBy } from './authorize-by.js';
import { memoryStorage } from './storage.js';
import { createTrustStore } from './trust-store.js';

const identities = { paired: createIdentity(defaultPrimitives()), revoked: createIdentity(defaultPrimitives()), unknown: createIdentity(defaultPrimitives()) };

async function setUp(pairing: boolean) {
	const store = createTrustStore(memoryStorage());
	await store.put({ identity: identities.paired.publicKey, level: 'paired' });
	await store.put({ identity: identities.revoked.publicKey, level: 'revoked' });
	const authorize = authorizeBy(store, { pairing });
	const ask = (who: keyof typeof identities, peer: { verified?: boolean; pairingRequested?: boolean } = {}) => {
		const { publicKey, fingerprint } = identities[who];
		return authorize({ publicKey, fingerprint, verified: true, pairingRequested: false, ...peer });
	};
	return { store, ask };
}

it('trusts the known, and lets the unknown, the revoked and who asks for it in as far as pairing', async () => {
	const { ask } = await setUp(true);
	expect([await ask('paired'), await ask('revoked'), await ask('unknown')]).toEqual(['trusted', 'pairing', 'pairing']);
	expect(await ask('paired', { pairingRequested: true })).toBe('pairing');
});

it('refuses the unknown and the revoked where no invite may be proved, whatever they ask', async () => {
	const { ask } = await setUp(false);
	for (const pairingRequested of [false, true]) {
		expect([await ask('paired', { pairingRequested }), await ask('revoked', { pairingRequested }), await ask('unknown', { pairingRequested })]).toEqual([
			'trusted',
			'refused',
			'refused',
		]);
	}
});

it('refuses a throw-away identity', async () => {
	const { ask } = await setUp(true);
	expect(await ask('unknown', { verified: false })).toBe('refused');
});

it('lets a revocation hold from the next connection on', async () => {
	const { store, ask } = await setUp(true);
	expect(await ask('paired')).toBe('trusted');
	await store.revoke(identities.paired.publicKey);
	expect(await ask('paired')).toBe('pairing');
});

it('trusts nobody where the store cannot be read', async () => {
	const storage = memoryStorage();
	await storage.update('trust', () => 'garbage');
	const { publicKey, fingerprint } = identities.paired;
	const answer = authorizeBy(createTrustStore(storage), { pairing: true })({ publicKey, fingerprint, verified: true, pairingRequested: true });
	await expect(answer).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
});

it('trusts nobody on the word of a store that knows other levels', async () => {
	const { publicKey, fingerprint } = identities.paired;
	for (const answer of [undefined, {}, true, { level: 'whatever' }, { level: 'Paired' }]) {
		const authorize = authorizeBy({ get: async () => answer } as never, { pairing: false });
		expect(await authorize({ publicKey, fingerprint, verified: true, pairingRequested: false })).toBe('refused');
	}
});
