import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, codeOf } from '@linkscope/core';
import { createInvite, defaultPrimitives, type Invite } from '@linkscope/crypto';
import { AuthenticationPlugin, authorizeBy, createInviteBook, createTrustStore, EncryptionPlugin, PairingPlugin } from '@linkscope/plugins';
import { createMemoryPair } from '@linkscope/transports/memory';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileStorage } from './file-storage.js';
import { loadOrCreateIdentity, rotateIdentity, rotationStatements } from './identity.js';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-restart-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A process that has just started, and knows what is in its folder and nothing else. */
async function start(who: string) {
	const storage = fileStorage(join(folder, who));
	const identity = await loadOrCreateIdentity(storage);
	return { storage, identity, trustStore: createTrustStore(storage), inviteBook: createInviteBook({ storage }) };
}

/** Guest and host start, and the guest dials: ACTIVE, or the code of the error. */
async function meet(invite?: Invite) {
	const [guest, host] = [await start('guest'), await start('host')];
	const [near, far] = createMemoryPair();
	const dialling = new Connection(near)
		.addPlugin(new AuthenticationPlugin({ identity: guest.identity, peer: invite?.publicKey, requestPairing: invite !== undefined }))
		.addPlugin(new EncryptionPlugin())
		.addPlugin(new PairingPlugin({ invite, trustStore: guest.trustStore }));
	const accepting = new Connection(far, { initiator: false })
		.addPlugin(new AuthenticationPlugin({ identity: host.identity, authorize: authorizeBy(host.trustStore, { pairing: true }) }))
		.addPlugin(new EncryptionPlugin())
		.addPlugin(new PairingPlugin({ inviteBook: host.inviteBook, trustStore: host.trustStore }));
	const codes = await Promise.all([dialling, accepting].map((connection) => connection.open().then(() => 'ACTIVE', codeOf)));
	await dialling.close();
	return { guest: codes[0], host: codes[1] };
}

it('who paired comes back without an invite after both have restarted, also with a rotated identity, until revoked', async () => {
	expect(await meet()).toMatchObject({ guest: 'PAIRING_REQUIRED' });
	const host = await start('host');
	const invite = createInvite(defaultPrimitives(), { identity: host.identity, endpoints: ['ws://127.0.0.1:1'], nowMs: Date.now() });
	await host.inviteBook.add(invite);
	expect(await meet(invite)).toMatchObject({ guest: 'ACTIVE' });
	expect(await meet()).toMatchObject({ guest: 'ACTIVE' });

	const guest = await start('guest');
	await rotateIdentity(guest.storage);
	expect(await meet()).toMatchObject({ guest: 'PAIRING_REQUIRED' });
	for (const statement of await rotationStatements(guest.storage)) await host.trustStore.follow(statement);
	expect(await meet()).toMatchObject({ guest: 'ACTIVE' });

	await host.trustStore.revoke((await start('guest')).identity.fingerprint);
	expect(await meet()).toMatchObject({ guest: 'PAIRING_REQUIRED' });
	expect(await meet(invite)).toMatchObject({ guest: 'INVITE_REFUSED' });
});

it('nobody is let in by a host whose trusted peers cannot be read, and what it has stays as it is', async () => {
	const { storage } = await start('host');
	await storage.update('trust', () => 'garbage');
	expect(await meet()).toMatchObject({ guest: expect.not.stringMatching('ACTIVE'), host: 'STORE_UNREADABLE' });
	expect(await storage.read('trust')).toBe('garbage');
});
