import { Connection, hub, type Payload, type Plugin } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { answerChallenge, bytesToHex, Challenge, sharedKey } from '@linkscope/crypto/nacl';
import { describe, expect, test } from 'vitest';
import { face, frameOf, initiateRaw } from './fixtures/hostile.js';
import { newParty, type TestParty } from './fixtures/parties.js';
import { OneFragmentationPlugin } from './fragmentation.js';
import { OneKeepalivePlugin } from './keepalive.js';
import { admitByOneInvite, joinByOneInvite } from './pair.js';
import { ONE_PAIRING_OPENING, OnePairingPlugin } from './pairing.js';
import { PersonProof } from './person-proof.js';
import { OneSessionPlugin } from './session.js';
import { OneTokenBook } from './tokens.js';

const [alice, bob, mallory] = [newParty('alice@test'), newParty('bob@test', 'wss://bob.test/'), newParty('mallory@test')];

/** Alice accepts Bob's invite, over a memory pair. */
function pairing({ delivery = 'single' as 'single' | 'burst', tokens = new OneTokenBook(), token = tokens.issue() } = {}) {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ delivery, clock });
	const invite = { token: () => token, publicKey: bytesToHex(bob.instance.publicKey) };
	const joining = joinByOneInvite(a, invite, { own: alice.own, personSecretKey: alice.person.secretKey, connection: { clock } });
	const secrets = { personSecretKey: bob.person.secretKey, instanceSecretKey: bob.instance.secretKey };
	const admitting = admitByOneInvite(b, { own: bob.own, ...secrets, tokens, connection: { clock } });
	return { clock, outcome: Promise.allSettled([joining, admitting]) };
}

describe('two of ours', () => {
	test.each(['single', 'burst'] as const)('%s: both know each other afterwards, and nothing is left open', async (delivery) => {
		const notes: unknown[] = [];
		const undo = hub.subscribe((event) => event.type === 'note' && notes.push(event.note));
		const { clock, outcome } = pairing({ delivery });
		expect(await outcome).toEqual([
			{ status: 'fulfilled', value: bob.own },
			{ status: 'fulfilled', value: alice.own },
		]);
		undo();
		await settle();
		expect(clock.pending).toBe(0);
		expect(notes.filter((note) => JSON.stringify(note).includes('"stage":"pair","outcome":"ok"'))).toHaveLength(2);
	});

	test('of a hundred who come with one token at once, exactly one pairs', async () => {
		const tokens = new OneTokenBook();
		const token = tokens.issue();
		const outcomes = await Promise.all(Array.from({ length: 100 }, () => pairing({ tokens, token }).outcome));
		expect(outcomes.filter(([joined]) => joined.status === 'fulfilled')).toHaveLength(1);
		for (const [, admitted] of outcomes) if (admitted.status === 'rejected') expect(admitted.reason).toMatchObject({ code: 'INVITE_REFUSED' });
		expect(outcomes.filter(([, admitted]) => admitted.status === 'fulfilled')).toHaveLength(1);
	}, 30_000);

	test('unknown, used, ended and revoked tokens are one refusal to the other side', async () => {
		const clock = new FakeClock();
		const tokens = new OneTokenBook({ clock });
		const [used, ended, revoked] = [tokens.issue(), tokens.issue(1_000), tokens.issue()] as const;
		tokens.claim(used);
		tokens.revoke(revoked);
		clock.advance(1_000);
		const seen = new Set<string>();
		for (const token of ['x'.repeat(64), '', used, ended, revoked]) {
			const [joined] = await pairing({ tokens, token }).outcome;
			expect(joined.status).toBe('rejected');
			if (joined.status === 'rejected') seen.add(String(joined.reason.message));
		}
		expect([...seen]).toEqual([expect.stringContaining('4410 "INVITE_REFUSED", remote')]);
	});

	test('an inviter that is never left alone closes after 5 s', async () => {
		const clock = new FakeClock();
		const [a, b] = createMemoryPair({ clock });
		const tokens = new OneTokenBook();
		const joiner = new Connection(a, { clock, plugins: chainOf(alice, { token: tokens.issue() }) });
		const secrets = { personSecretKey: bob.person.secretKey, instanceSecretKey: bob.instance.secretKey };
		const admitting = admitByOneInvite(b, { own: bob.own, ...secrets, tokens, connection: { clock } });
		await joiner.open();
		await clock.run(5_000);
		expect(await admitting).toEqual(alice.own);
		expect(joiner.state).toBe('CLOSED');
	});
});

describe('a pairing that is not above a session', () => {
	test('is an error: SECURITY_ORDER', async () => {
		const faced = await face([new OnePairingPlugin({ own: alice.own, personSecretKey: alice.person.secretKey, token: 't' })], true);
		expect(faced.outcome).toBe('SECURITY_ORDER');
		expect(faced.wire).toEqual([]);
	});

	test('and one below its session does not open', async () => {
		const [session, , , pairs] = chainOf(alice, { token: 't' }) as [Plugin, Plugin, Plugin, Plugin];
		const connection = new Connection(createMemoryPair()[0], { plugins: [pairs, session] });
		await expect(connection.open()).rejects.toMatchObject({ code: expect.stringMatching(/PLUGIN_ORDER|SECURITY_ORDER/) });
	});
});

describe('a hostile peer', () => {
	type Lie = (message: Payload, index: number) => Payload;

	/** Bob admits somebody who changes what an honest joiner would say. */
	async function admitLiar(lie: Lie, liar: TestParty = alice) {
		const tokens = new OneTokenBook();
		const claimed: string[] = [];
		const claim = (token: string): boolean => {
			claimed.push(token);
			return tokens.claim(token);
		};
		const clock = new FakeClock();
		const [a, b] = createMemoryPair({ clock });
		const right = new Connection(b, { clock, initiator: false, plugins: chainOf(bob, { claim }, 'acceptor') });
		const [session, ...rest] = chainOf(liar, { token: tokens.issue() });
		const left = new Connection(a, { clock, plugins: [session as Plugin, new Liar(lie), ...rest] });
		await Promise.allSettled([left.open(), right.open().finally(() => left.close())]);
		return { code: (right.closeInfo?.error as { code?: string } | undefined)?.code, peer: right.plugin<OnePairingPlugin>('one-pairing').peer, claimed };
	}

	const edit = (command: string, change: (message: { command: string; obj: Record<string, unknown> }) => unknown): Lie => {
		return (message) => (typeof message === 'string' && message.includes(`"${command}"`) ? JSON.stringify(change(JSON.parse(message))) : message);
	};

	test('an honest one pairs, so that what follows means something', async () => {
		expect(await admitLiar((message) => message)).toMatchObject({ peer: alice.own });
	});

	test.each<[string, string, Lie]>([
		['a person of another name', 'MALFORMED_FRAME', edit('person_id_object', (message) => ({ ...message, obj: { ...message.obj, email: 'bob@test' } }))],
		['an object of another type', 'MALFORMED_FRAME', edit('person_id_object', (message) => ({ ...message, obj: { ...message.obj, $type$: 'Keys' } }))],
		['keys of another owner', 'MALFORMED_FRAME', edit('keys_object', (message) => ({ ...message, obj: { ...message.obj, owner: '00'.repeat(32) } }))],
		[
			"somebody else's person key",
			'PEER_MISMATCH',
			edit('keys_object', (message) => ({ ...message, obj: { ...message.obj, publicKey: bytesToHex(mallory.own.personKey) } })),
		],
		[
			'an instance of another owner',
			'MALFORMED_FRAME',
			edit('instance_id_object', (message) => ({ ...message, obj: { ...message.obj, owner: '00'.repeat(32) } })),
		],
		['a changed sign key', 'PEER_MISMATCH', edit('identity', (message) => ({ ...message, obj: { ...message.obj, personSignKeyPublic: '00'.repeat(32) } }))],
		['another email at the end', 'PEER_MISMATCH', edit('identity', (message) => ({ ...message, obj: { ...message.obj, personEmail: 'bob@test' } }))],
		['a private identity', 'MALFORMED_FRAME', edit('identity', (message) => ({ ...message, obj: { ...message.obj, type: 'private' } }))],
		['messages out of turn', 'PROTOCOL_ORDER', edit('keys_object', (message) => ({ ...message, command: 'identity' }))],
		['bytes for text', 'PROTOCOL_ORDER', (message) => (message === ONE_PAIRING_OPENING || typeof message !== 'string' ? message : new Uint8Array(9))],
		['text for bytes', 'PROTOCOL_ORDER', (message) => (typeof message === 'string' ? message : 'no answer')],
		['a short answer', 'MALFORMED_FRAME', (message) => (typeof message === 'string' ? message : message.slice(1))],
		['a changed answer', 'AUTH_FAILED', (message, index) => (index === ANSWER ? changed(message) : message)],
		[
			'an answer to nothing that was asked',
			'AUTH_FAILED',
			(message, index) => (index === ANSWER ? new Challenge(sharedKey(bob.own.personKey, alice.person.secretKey)).sealed : message),
		],
		['a changed challenge', 'AUTH_FAILED', (message, index) => (index === ANSWER + 1 ? changed(message) : message)],
	])('%s: %s, and no peer', async (_, code, lie) => {
		const { peer, ...end } = await admitLiar(lie);
		expect(end.code).toBe(code);
		expect(peer).toBe(null);
		if (!end.claimed.length) return;
		// What comes after the token may still be a lie; the token is then used up.
		expect(end.claimed).toHaveLength(1);
	});

	test('somebody who does not own the session key it would need is refused by the session', async () => {
		const liar: TestParty = { ...alice, own: { ...alice.own, personKey: mallory.own.personKey } };
		expect(await admitLiar((message) => message, liar)).toMatchObject({ code: 'PEER_MISMATCH', peer: null, claimed: [] });
	});

	test('the joiner refuses an inviter whose instance key is not the one it called', async () => {
		const clock = new FakeClock();
		const [a, b] = createMemoryPair({ clock });
		const wrong = { ...bob, own: { ...bob.own, instanceKey: mallory.own.instanceKey } };
		const left = new Connection(a, { clock, plugins: chainOf(alice, { token: 't' }) });
		const right = new Connection(b, { clock, initiator: false, plugins: chainOf(wrong, { claim: () => true }, 'acceptor') });
		await Promise.allSettled([left.open(), right.open()]);
		expect(left.closeInfo?.error).toMatchObject({ code: 'PEER_MISMATCH' });
	});

	test('another group than pairing is out of order', async () => {
		const faced = await face(
			[new OneSessionPlugin({ keys: bob.instance }), new OnePairingPlugin({ own: bob.own, personSecretKey: bob.person.secretKey })],
			false,
		);
		const channel = await initiateRaw(faced, alice.person, bob.instance.publicKey);
		await faced.send(frameOf(channel, ONE_PAIRING_OPENING.replace('pairing', 'chum')));
		expect(faced.outcome).toBe('PROTOCOL_ORDER');
	});

	test('a challenge of ours, asked back in another pairing, is not answered for us', () => {
		const [keys, theirs] = [alice.person, bob.person];
		const ours = new PersonProof(keys, theirs.publicKey);
		const other = new PersonProof(keys, theirs.publicKey);
		const challenge = ours.ask();
		expect(() => other.answer(challenge)).toThrow(expect.objectContaining({ code: 'AUTH_FAILED' }));
		const answer = answerChallenge(challenge, keys.publicKey, theirs.secretKey);
		expect(ours.isAnswer(answer)).toBe(true);
		expect(other.isAnswer(answer)).toBe(false);
		expect(other.answer(new Challenge(sharedKey(keys.publicKey, theirs.secretKey)).sealed)).toHaveLength(104);
		ours.forget();
		expect(ours.isAnswer(answer)).toBe(false);
		expect(other.answer(challenge)).toHaveLength(104);
	});

	test('silence ends it when the time is up', async () => {
		const faced = await face(
			[new OneSessionPlugin({ keys: bob.instance }), new OnePairingPlugin({ own: bob.own, personSecretKey: bob.person.secretKey })],
			false,
		);
		const channel = await initiateRaw(faced, alice.person, bob.instance.publicKey);
		await faced.send(frameOf(channel, ONE_PAIRING_OPENING));
		expect(faced.ours.state).toBe('PAIRING');
		await faced.clock.run(10_000);
		expect(faced.outcome).toBe('HANDSHAKE_TIMEOUT');
	});
});

function chainOf(who: TestParty, more: { token?: string; claim?(token: string): boolean }, role: 'initiator' | 'acceptor' = 'initiator'): Plugin[] {
	const session = role === 'initiator' ? { keys: who.person, peer: bob.instance.publicKey, opening: ONE_PAIRING_OPENING } : { keys: bob.instance };
	return [
		new OneSessionPlugin(session),
		new OneKeepalivePlugin(),
		new OneFragmentationPlugin(),
		new OnePairingPlugin({ own: who.own, personSecretKey: who.person.secretKey, ...more }),
	];
}

/** What a joiner sends: its person, its keys, its answer, its challenge. */
const ANSWER = 2;

function changed(message: Payload): Payload {
	return typeof message === 'string' ? message : message.map((byte, i) => (i === 50 ? byte ^ 1 : byte));
}

class Liar implements Plugin {
	readonly name = 'liar';
	#count = 0;
	readonly #lie: (message: Payload, index: number) => Payload;

	constructor(lie: (message: Payload, index: number) => Payload) {
		this.#lie = lie;
	}

	outgoing(message: Payload): Payload {
		return this.#lie(message, this.#count++);
	}
}
