import { type Connection, hub, type Payload, type Wire } from '@linkscope/core';
import { createIdentity, encodeBase64url } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { closeOf, securePair } from '../secure/fixtures/pair.js';
import { attacker, attempt, dialler, mallory } from './fixtures/dialler.js';
import { Inviter, primitives } from './fixtures/inviter.js';
import { sendPair } from './pair-wire.js';
import { PairingPlugin } from './pairing-plugin.js';

const alice = createIdentity(primitives);

test('a dialler that does everything right is let in, so that the refusals below mean something', async () => {
	const inviter = new Inviter();
	const pair = await attempt(inviter, dialler(await inviter.invite()));
	expect([pair.left.state, pair.right.state]).toEqual(['ACTIVE', 'ACTIVE']);
});

test('a public key that is not the authenticated identity is refused by both fingerprints', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const pair = await attempt(inviter, dialler(invite, { publicKey: alice.publicKey }));
	expect(closeOf(pair.left)).toMatchObject({ code: 4401, reason: 'PEER_MISMATCH' });
	for (const { fingerprint } of [alice, mallory]) expect(errorOf(pair.right)).toContain(fingerprint);
	expect(await inviter.trust.list()).toEqual([]);
	expect(await inviter.book.find(invite.id)).toMatchObject({ state: 'open' });
});

test.each(['proof', 'identity_proof'] as const)('a %s that is wrong in one byte does not pair', async (spoil) => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const pair = await attempt(inviter, dialler(invite, { spoil }));
	expect(closeOf(pair.left)).toMatchObject({ code: 4410, reason: 'INVITE_REFUSED' });
	expect(await inviter.book.find(invite.id)).toMatchObject({ state: 'open' });
});

test.each(['the same connection', 'another connection', 'another identity'])('a proof that was recorded is worth nothing: %s', async (where) => {
	const inviter = new Inviter();
	const invite = await inviter.invite(5);
	const recorded: Payload[] = [];
	await attempt(inviter, (wire, channel) => dialler(invite)(recordingWire(wire, recorded), channel), alice);
	const [request, proof] = recorded as [string, string];
	const again = where === 'another identity' ? mallory : alice;
	const pair = await attempt(
		inviter,
		async (wire) => {
			wire.send(where === 'another identity' ? request.replace(encodeBase64url(alice.publicKey), encodeBase64url(mallory.publicKey)) : request);
			await wire.read();
			wire.send(proof);
			await wire.read();
		},
		again,
	);
	expect(closeOf(pair.left)).toMatchObject({ code: 4410 });
	expect((await inviter.book.find(invite.id))?.usedBy).toEqual([encodeBase64url(alice.publicKey)]);
});

test('an invite that expires by one millisecond between challenge and proof does not pair', async () => {
	for (const [lateMs, outcome] of [
		[0, 'ACTIVE'],
		[1, 'FAILED'],
	] as const) {
		const inviter = new Inviter();
		const invite = await inviter.invite();
		const pair = await attempt(inviter, dialler(invite, { pause: async () => inviter.clock.advance(invite.expiresAt + lateMs - inviter.clock.epoch()) }));
		expect(pair.right.state).toBe(outcome);
		expect((await inviter.trust.list()).length).toBe(lateMs === 0 ? 1 : 0);
	}
});

test('an invite that is revoked in mid-pairing does not pair', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const pair = await attempt(inviter, dialler(invite, { pause: () => inviter.book.revoke(invite.id) }));
	expect(closeOf(pair.left)).toMatchObject({ code: 4410, reason: 'INVITE_REFUSED' });
	expect(await inviter.trust.list()).toEqual([]);
});

test.each(['before it dials', 'in mid-pairing'])('an identity that is revoked %s does not come back by an invite it had before', async (when) => {
	const inviter = new Inviter();
	const invite = await inviter.invite(2);
	await attempt(inviter, dialler(invite), alice);
	expect(await inviter.trust.get(alice.publicKey)).toMatchObject({ level: 'paired' });
	const revoke = () => inviter.trust.revoke(alice.publicKey);
	if (when === 'before it dials') await revoke();
	const pair = await attempt(inviter, dialler(invite, when === 'in mid-pairing' ? { pause: revoke } : {}), alice);
	expect(closeOf(pair.left)).toMatchObject({ code: 4410, reason: 'INVITE_REFUSED' });
	expect(await inviter.trust.get(alice.publicKey)).toMatchObject({ level: 'revoked' });
});

test('an identity that pairs over and over does not outrun its revocation', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	await attempt(inviter, dialler(invite), alice);
	const { trust } = inviter;
	// Revoked in the moment before it is written down.
	const pair: typeof trust.pair = async (...known) => {
		await trust.revoke(alice.publicKey);
		return trust.pair(...known);
	};
	const late = new PairingPlugin({ inviteBook: inviter.book, trustStore: { ...trust, pair } });
	const outrun = securePair(attacker(dialler(invite), alice), [inviter.authentication(), late]);
	await outrun.open();
	expect(closeOf(outrun.left)).toMatchObject({ code: 4410, reason: 'INVITE_REFUSED' });
	expect(await trust.get(alice.publicKey)).toMatchObject({ level: 'revoked' });
});

test('of 100 identities racing for one invite, exactly one is paired', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const pairs = await Promise.all(Array.from({ length: 100 }, () => attempt(inviter, dialler(invite), createIdentity(primitives))));
	const [winners, losers] = [pairs.filter(({ left }) => left.state === 'ACTIVE'), pairs.filter(({ left }) => left.state !== 'ACTIVE')];
	expect([winners.length, losers.length]).toEqual([1, 99]);
	for (const { left, right } of losers) expect([closeOf(left).code, right.state]).toEqual([4410, 'FAILED']);
	expect(await inviter.trust.list()).toHaveLength(1);
});

test('who guesses is shut out after five wrong proofs, and the invite still serves its guest', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	for (let i = 0; i < 5; i++) await attempt(inviter, dialler(invite, { key: primitives.randomBytes(32) }));
	const late = await attempt(inviter, dialler(invite));
	expect(closeOf(late.left)).toMatchObject({ code: 4410 });
	expect(errorOf(late.right)).toContain('shut-out');
	const pair = await attempt(inviter, dialler(invite), alice);
	expect(pair.left.state).toBe('ACTIVE');
});

test('why an invite is refused shows on the own side and nowhere else', async () => {
	const inviter = new Inviter();
	const [used, expired, revoked, open] = [await inviter.invite(), await inviter.invite(), await inviter.invite(), await inviter.invite()];
	await attempt(inviter, dialler(used), alice);
	await inviter.book.revoke(revoked.id);
	const expire = async () => inviter.clock.advance(expired.expiresAt + 1 - inviter.clock.epoch());
	const outside: unknown[] = [];
	const inside: string[] = [];
	const stop = hub.subscribe((event) => {
		if (event.type === 'note' && event.note.kind === 'security' && event.note.outcome === 'refused' && event.note.stage === 'pair')
			inside.push(event.note.code ?? '');
	});
	const runs = [
		dialler(open, { id: encodeBase64url(primitives.randomBytes(16)) }),
		dialler(open, { key: primitives.randomBytes(32) }),
		dialler(used),
		dialler(revoked),
		dialler(expired, { pause: expire }),
	];
	for (const run of runs) {
		const pair = await attempt(inviter, run);
		// What was sent is sealed: lengths and the names of messages are all that shows.
		const sent = pair.sentRight.map((frame) => (typeof frame === 'string' ? [JSON.parse(frame).type, frame.length] : frame.length));
		outside.push({ sent, close: { ...closeOf(pair.left), error: undefined } });
	}
	stop();
	expect(inside).toEqual(['INVITE_UNKNOWN', 'INVITE_WRONG', 'INVITE_USED', 'INVITE_REVOKED', 'INVITE_EXPIRED']);
	for (const seen of outside) expect(seen).toEqual(outside[0]);
});

test.each([
	['application data', Uint8Array.of(1)],
	['a message of another stage', '{"type":"auth_success"}'],
	['the end of the pairing', JSON.stringify({ type: 'pair_success', connection_id: 'A'.repeat(22), trust_level: 'paired', proof: 'A'.repeat(43) })],
	['its own question', JSON.stringify({ type: 'pair_challenge', challenge: 'A'.repeat(43), requirements: [] })],
] as [string, Payload][])('until it is paired, nothing but the next message of the pairing is taken: %s', async (_, frame) => {
	for (const requests of [0, 1]) {
		const inviter = new Inviter();
		const pair = await attempt(inviter, async (wire, { identity }) => {
			for (let i = 0; i < requests; i++) {
				sendPair(wire, 'pair_request', { invite: 'A'.repeat(22), public_key: encodeBase64url(identity.publicKey) });
				await wire.read();
			}
			wire.send(frame);
			await wire.read();
		});
		expect([pair.left.state, pair.right.state, pair.atRight]).toEqual(['FAILED', 'FAILED', []]);
		expect(closeOf(pair.left)).toMatchObject({ code: 4402, reason: 'PROTOCOL_ORDER' });
	}
});

test.each([
	['no invite', { public_key: encodeBase64url(mallory.publicKey) }],
	['a short invite', { invite: 'AAAA', public_key: encodeBase64url(mallory.publicKey) }],
	['an invite that is a number', { invite: 1, public_key: encodeBase64url(mallory.publicKey) }],
	['no key', { invite: 'A'.repeat(22) }],
	['a key of another form', { invite: 'A'.repeat(22), public_key: `${encodeBase64url(mallory.publicKey)}=` }],
])('a request with %s is malformed', async (_, fields) => {
	const pair = await attempt(new Inviter(), async (wire) => {
		wire.send(JSON.stringify({ type: 'pair_request', ...fields }));
		await wire.read();
	});
	expect(closeOf(pair.left)).toMatchObject({ code: 4400, reason: 'MALFORMED_FRAME' });
});

test('who issues no invites challenges everybody and refuses everybody', async () => {
	const inviter = new Inviter();
	const invite = await inviter.invite();
	const pair = securePair(attacker(dialler(invite)), [inviter.authentication(), new PairingPlugin()]);
	await pair.open();
	expect(closeOf(pair.left)).toMatchObject({ code: 4410, reason: 'INVITE_REFUSED' });
});

/** The same wire, which keeps what is sent. */
function recordingWire(wire: Wire, sent: Payload[]): Wire {
	return {
		initiator: wire.initiator,
		signal: wire.signal,
		read: () => wire.read(),
		provideSecure: (channel) => wire.provideSecure(channel),
		send(frame) {
			sent.push(frame);
			wire.send(frame);
		},
	};
}

function errorOf(connection: Connection): string {
	return connection.closeInfo?.error?.message ?? '';
}
