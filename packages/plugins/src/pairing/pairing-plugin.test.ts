import { hub, type Note, type Plugin } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { createIdentity, encodeBase64url, type Invite } from '@linkscope/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthenticationPlugin } from '../secure/authentication.js';
import { EncryptionPlugin } from '../secure/encryption.js';
import { closeOf, codeOfEnd, securePair } from '../secure/fixtures/pair.js';
import { memoryStorage } from '../trust/storage.js';
import { createTrustStore } from '../trust/trust-store.js';
import { Inviter, primitives } from './fixtures/inviter.js';
import { PairingPlugin } from './pairing-plugin.js';

const alice = createIdentity(primitives);
const notes: Note[] = [];
let stop = (): void => {};

beforeEach(() => {
	notes.length = 0;
	stop = hub.subscribe((event) => event.type === 'note' && event.note.kind === 'security' && event.note.stage === 'pair' && notes.push(event.note));
});
afterEach(() => stop());

function guest(invite?: Invite, trustStore = createTrustStore(memoryStorage())): { pairing: PairingPlugin; plugins: Plugin[] } {
	const pairing = new PairingPlugin({ invite, trustStore });
	return { pairing, plugins: [new AuthenticationPlugin({ identity: alice, peer: invite?.publicKey, requestPairing: invite !== undefined }), pairing] };
}

describe.each(['single', 'burst'] as const)('%s delivery', (delivery) => {
	test.each(['authentication', 'authentication and encryption'])('an invite pairs two strangers over %s, and both know it', async (layers) => {
		const inviter = new Inviter();
		const invite = await inviter.invite();
		const trustStore = createTrustStore(memoryStorage());
		const { pairing, plugins } = guest(invite, trustStore);
		const [atInviter, theirs] = [inviter.pairing(), inviter.authentication()];
		const encryption = (): Plugin[] => (layers === 'authentication' ? [] : [new EncryptionPlugin()]);
		const pair = securePair([plugins[0] as Plugin, ...encryption(), pairing], [theirs, ...encryption(), atInviter], { delivery });
		pair.left.send('before anybody is paired');
		expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
		expect(pair.atRight).toEqual(['before anybody is paired']);

		expect(pairing.pairing).toEqual({ connectionId: expect.stringMatching(/^[\w-]{22}$/), trustLevel: 'paired' });
		expect(atInviter.pairing).toEqual(pairing.pairing);
		const { connectionId } = pairing.pairing as { connectionId: string };
		expect(await trustStore.list()).toEqual([
			expect.objectContaining({ identity: encodeBase64url(inviter.identity.publicKey), level: 'paired', inviteId: invite.id, connectionId }),
		]);
		expect(await inviter.trust.list()).toEqual([
			expect.objectContaining({ identity: encodeBase64url(alice.publicKey), level: 'paired', inviteId: invite.id, connectionId }),
		]);
		expect(await inviter.book.find(invite.id)).toMatchObject({ state: 'used' });
		expect(notes).toEqual([alice, inviter.identity].map(({ fingerprint }) => ({ kind: 'security', stage: 'pair', outcome: 'ok', peer: fingerprint })));
		await pair.left.close();
		await settle();
		expect(pair.clock.pending).toBe(0);
	});
});

test('who is paired comes again without an invite, and finds the pairing', async () => {
	const inviter = new Inviter();
	const trustStore = createTrustStore(memoryStorage());
	const first = guest(await inviter.invite(), trustStore);
	expect(await securePair(first.plugins, inviter.plugins()).open()).toEqual(['ACTIVE', 'ACTIVE']);
	const again = guest(undefined, trustStore);
	const theirs = inviter.pairing();
	expect(await securePair(again.plugins, [inviter.authentication(), theirs]).open()).toEqual(['ACTIVE', 'ACTIVE']);
	expect([again.pairing.pairing, theirs.pairing]).toEqual([first.pairing.pairing, first.pairing.pairing]);
});

test('the same identity may try again with its invite, and gets the same connection id', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const [first, second] = [guest(invite), guest(invite)];
	for (const { plugins } of [first, second]) expect(await securePair(plugins, inviter.plugins()).open()).toEqual(['ACTIVE', 'ACTIVE']);
	expect(second.pairing.pairing).toEqual(first.pairing.pairing);
	expect((await inviter.book.find(invite.id))?.usedBy).toHaveLength(1);
});

test('a stranger without an invite is told to get one, on its own side', async () => {
	const pair = securePair(guest().plugins, new Inviter().plugins());
	expect(await pair.open()).toEqual(['FAILED', 'FAILED']);
	expect(codeOfEnd(pair.left)).toBe('PAIRING_REQUIRED');
	expect(closeOf(pair.right)).toMatchObject({ code: 4410, reason: 'PAIRING_REQUIRED', initiatedBy: 'remote' });
	expect(notes[0]).toMatchObject({ outcome: 'refused', code: 'PAIRING_REQUIRED' });
});

test('who was revoked is asked to pair again, and a new invite brings it back', async () => {
	const inviter = new Inviter();
	const old = await inviter.invite();
	expect(await securePair(guest(old).plugins, inviter.plugins()).open()).toEqual(['ACTIVE', 'ACTIVE']);
	inviter.clock.advance(1);
	await inviter.trust.revoke(alice.publicKey);
	const refused = securePair(guest().plugins, inviter.plugins());
	await refused.open();
	expect(codeOfEnd(refused.left)).toBe('PAIRING_REQUIRED');
	inviter.clock.advance(1);
	expect(await securePair(guest(await inviter.invite()).plugins, inviter.plugins()).open()).toEqual(['ACTIVE', 'ACTIVE']);
	expect(await inviter.trust.get(alice.publicKey)).toMatchObject({ level: 'paired' });
});

test('a peer that was pinned by hand stays pinned, and keeps its label', async () => {
	const inviter = new Inviter();
	await inviter.trust.put({ identity: alice.publicKey, level: 'pinned', label: 'Alice' });
	const { plugins, pairing } = guest(await inviter.invite());
	const theirs = inviter.pairing();
	expect(await securePair(plugins, [inviter.authentication(), theirs]).open()).toEqual(['ACTIVE', 'ACTIVE']);
	expect(await inviter.trust.get(alice.publicKey)).toMatchObject({ level: 'pinned', label: 'Alice', connectionId: pairing.pairing?.connectionId });
	expect(theirs.pairing?.trustLevel).toBe('pinned');
});

test('where nobody requires it, two identities talk unpaired', async () => {
	const pairing = new PairingPlugin();
	const plugins = [new AuthenticationPlugin({ identity: alice }), pairing];
	expect(await securePair(plugins, [new AuthenticationPlugin({ identity: createIdentity(primitives) }), new PairingPlugin()]).open()).toEqual([
		'ACTIVE',
		'ACTIVE',
	]);
	expect(pairing.pairing).toBeNull();
});

test.each(['inviteBook', 'trustStore'])('%s must be one, and not the storage for one', (option) => {
	expect(() => new PairingPlugin({ [option]: memoryStorage() })).toThrow(new RegExp(`^${option} must be an? `));
	expect(() => new PairingPlugin({ [option]: null })).toThrow(TypeError);
});

describe('an order of plugins that would pair nobody in particular is an error', () => {
	const bob = createIdentity(primitives);
	test.each([
		['nothing below', () => [new PairingPlugin()], () => [new PairingPlugin()]],
		['encryption alone', () => [new EncryptionPlugin(), new PairingPlugin()], () => [new EncryptionPlugin(), new PairingPlugin()]],
		[
			'a peer with a throw-away identity',
			() => [new EncryptionPlugin()],
			() => [new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin(), new PairingPlugin()],
		],
	])('%s', async (what, left, right) => {
		const pair = securePair(left(), right());
		expect(await pair.open()).not.toContain('ACTIVE');
		expect([codeOfEnd(pair.left), codeOfEnd(pair.right)]).toContain('SECURITY_ORDER');
		if (what === 'a peer with a throw-away identity')
			expect(pair.right.closeInfo?.error?.message).toContain('this side has no AuthenticationPlugin, or the peer has none');
	});

	test('an invite, and an AuthenticationPlugin that does not ask to pair', async () => {
		const pairing = new PairingPlugin({ invite: await new Inviter().invite() });
		const pair = securePair([new AuthenticationPlugin({ identity: alice }), pairing], [new AuthenticationPlugin({ identity: bob }), new PairingPlugin()]);
		await pair.open();
		expect(codeOfEnd(pair.left)).toBe('SECURITY_ORDER');
		expect(pair.left.closeInfo?.error?.message).toContain('requestPairing');
	});
});

test('a pairing that cannot be written down fails with the error of the store, and works when it can', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const broken = new PairingPlugin({ inviteBook: inviter.book, trustStore: { ...inviter.trust, pair: () => Promise.reject(new Error('disk full')) } });
	const failed = securePair(guest(invite).plugins, [inviter.authentication(), broken]);
	expect(await failed.open()).toEqual(['FAILED', 'FAILED']);
	expect(failed.right.closeInfo?.error?.message).toContain('disk full');
	expect(closeOf(failed.left)).toMatchObject({ code: 4500 });
	expect(await securePair(guest(invite).plugins, inviter.plugins()).open()).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a peer that falls silent is let go within the bound of the stage', async () => {
	const inviter = new Inviter();
	const { plugins } = guest(await inviter.invite());
	const silent: Plugin = { name: 'pairing', phase: ['PAIRING', 'PAIRED'], handshake: () => new Promise(() => {}) };
	const pair = securePair(plugins, [inviter.authentication(), silent], { connection: { handshakeTimeoutMs: 500 } });
	await pair.open();
	await pair.clock.run(501);
	expect(closeOf(pair.left)).toMatchObject({ code: 4408, reason: 'HANDSHAKE_TIMEOUT' });
	await pair.clock.run(60_000);
	expect(pair.clock.pending).toBe(0);
});
