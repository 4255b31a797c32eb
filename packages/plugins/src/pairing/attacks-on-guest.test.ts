import { inspect } from 'node:util';
import { hub, type Plugin } from '@linkscope/core';
import { bytesField, createIdentity, encodeBase64url, type Invite, textField } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { AuthenticationPlugin } from '../secure/authentication.js';
import { closeOf, codeOfEnd, type SecurePair, securePair } from '../secure/fixtures/pair.js';
import { memoryStorage } from '../trust/storage.js';
import { createTrustStore } from '../trust/trust-store.js';
import type { Run } from './fixtures/dialler.js';
import { Inviter, primitives, Script } from './fixtures/inviter.js';
import { PairProofs } from './pair-proofs.js';
import { readPair, sendPair } from './pair-wire.js';
import { PairingPlugin } from './pairing-plugin.js';

const alice = createIdentity(primitives);
const challenge = new Uint8Array(32).fill(3);
const requirements = ['proof', 'identity_proof'];

interface Guest {
	pairing: PairingPlugin;
	trust: ReturnType<typeof createTrustStore>;
	plugins: Plugin[];
}

/** Who was invited. It does not pin its peer below, so that pairing itself has to notice. */
function guest(invite: Invite): Guest {
	const trust = createTrustStore(memoryStorage());
	const pairing = new PairingPlugin({ invite, trustStore: trust });
	return { pairing, trust, plugins: [new AuthenticationPlugin({ identity: alice, requestPairing: true }), pairing] };
}

/** A guest that dials somebody who answers as `run` says. */
async function dial({ plugins }: Guest, inviter: Inviter, run: Run): Promise<SecurePair> {
	const pair = securePair(plugins, [inviter.authentication(), new Script(run)]);
	await pair.open();
	return pair;
}

/** The inviter's part up to its last word. */
async function challengeGuest(wire: Parameters<Run>[0], channel: Parameters<Run>[1]): Promise<{ proof: string; proofs: PairProofs }> {
	const request = await readPair(wire, 'pair_request');
	sendPair(wire, 'pair_challenge', { challenge: encodeBase64url(challenge), requirements });
	const inviteId = bytesField(request, 'invite', 16);
	const proofs = new PairProofs(primitives, {
		binding: channel.binding,
		initiator: channel.peerIdentity,
		responder: channel.identity.publicKey,
		inviteId,
		challenge,
	});
	return { proof: textField(await readPair(wire, 'pair_proof'), 'proof'), proofs };
}

test('an inviter that does everything right is trusted, so that the refusals below mean something', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const { plugins, pairing, trust } = guest(invite);
	await dial({ plugins, pairing, trust }, inviter, async (wire, channel) => {
		const { proofs } = await challengeGuest(wire, channel);
		const id = proofs.connectionId(invite.pairingKey());
		sendPair(wire, 'pair_success', { connection_id: id, trust_level: 'paired', proof: encodeBase64url(proofs.ofResponder(invite.pairingKey(), id)) });
	});
	expect(await trust.list()).toHaveLength(1);
	expect(pairing.pairing).not.toBeNull();
});

test('a peer that did not sign the invite hears nothing of it', async () => {
	const [inviter, impostor] = [new Inviter(), new Inviter()];
	const heard: unknown[] = [];
	const who = guest(await inviter.invite());
	const pair = await dial(who, impostor, async (wire) => void heard.push(await wire.read()));
	expect(heard).toEqual([]);
	expect(closeOf(pair.right)).toMatchObject({ code: 4401, reason: 'PEER_MISMATCH' });
	for (const { identity } of [inviter, impostor]) expect(pair.left.closeInfo?.error?.message).toContain(identity.fingerprint);
});

const other = new Uint8Array(32).fill(9);

test.each<[string, (parts: { proofs: PairProofs; proof: string; key: Uint8Array }) => Record<string, string>]>([
	[
		'does not know the secret',
		({ proofs }) => ({ connection_id: proofs.connectionId(other), proof: encodeBase64url(proofs.ofResponder(other, proofs.connectionId(other))) }),
	],
	['reflects the proof of the guest', ({ proof }) => ({ proof })],
	['proves another connection id', ({ proofs, key }) => ({ connection_id: 'A'.repeat(22), proof: encodeBase64url(proofs.ofResponder(key, 'A'.repeat(22))) })],
	['says another connection id than it proves', () => ({ connection_id: 'A'.repeat(22) })],
	['grants something else', () => ({ trust_level: 'pinned' })],
])('an inviter that %s is not trusted', async (_, deviate) => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const who = guest(invite);
	const pair = await dial(who, inviter, async (wire, channel) => {
		const { proofs, proof } = await challengeGuest(wire, channel);
		const key = invite.pairingKey();
		const id = proofs.connectionId(key);
		const right = { connection_id: id, trust_level: 'paired', proof: encodeBase64url(proofs.ofResponder(key, id)) };
		sendPair(wire, 'pair_success', { ...right, ...deviate({ proofs, proof, key }) });
	});
	expect(codeOfEnd(pair.left)).toBe('AUTH_FAILED');
	expect(await who.trust.list()).toEqual([]);
	expect(who.pairing.pairing).toBeNull();
});

test.each([
	['says success before it has asked', { type: 'pair_success', connection_id: 'A'.repeat(22), trust_level: 'paired', proof: 'A'.repeat(43) }, 'PROTOCOL_ORDER'],
	['requires what nobody knows', { type: 'pair_challenge', challenge: 'A'.repeat(43), requirements: ['proof', 'blood_sample'] }, 'PROTOCOL_ORDER'],
	['requires nothing in particular', { type: 'pair_challenge', challenge: 'A'.repeat(43), requirements: 'proof' }, 'MALFORMED_FRAME'],
	['asks with a short challenge', { type: 'pair_challenge', challenge: 'AAAA', requirements }, 'MALFORMED_FRAME'],
])('an inviter that %s gets no proof', async (_, answer, code) => {
	const inviter = new Inviter();
	const heard: unknown[] = [];
	const who = guest(await inviter.invite());
	const pair = await dial(who, inviter, async (wire) => {
		await wire.read();
		wire.send(JSON.stringify(answer));
		heard.push(await wire.read());
	});
	expect([codeOfEnd(pair.left), heard]).toEqual([code, []]);
	expect(await who.trust.list()).toEqual([]);
});

test('no secret of the invite shows on the wire, in events, in errors or in what is inspected', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite(2);
	const seen: unknown[] = [];
	const stop = hub.subscribe((event) => seen.push(event));
	const who = guest(invite);
	const theirs = inviter.pairing();
	const good = securePair(who.plugins, [inviter.authentication(), theirs]);
	await good.open();
	await inviter.book.revoke(invite.id);
	const bad = securePair(guest(invite).plugins, inviter.plugins());
	await bad.open();
	stop();
	expect([good.left.state, bad.left.state]).toEqual(['ACTIVE', 'FAILED']);
	for (const pair of [good, bad]) seen.push(pair.sentLeft, pair.sentRight, pair.left.closeInfo, pair.right.closeInfo);
	seen.push(who.pairing, theirs, invite, await inviter.book.list(), await who.trust.export(), await inviter.trust.export());
	const text = `${inspect(seen, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })}${JSON.stringify(seen)}`;
	const [secret] = invite.link().split('.').slice(-1) as [string];
	for (const hidden of [secret, encodeBase64url(invite.pairingKey()), [...invite.pairingKey()].join(', ')]) expect(text).not.toContain(hidden);
	expect(text).toContain(invite.id);
});
