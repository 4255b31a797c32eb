import type { Payload, Plugin } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { createIdentity, decodeBase64url, encodeBase64url, type Identity } from '@linkscope/crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type AuthenticationOptions, AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { facing } from './fixtures/facing.js';
import { HandMade, signedBytes } from './fixtures/hand-made.js';
import { alice, bob, closeOf, codeOfEnd, type Meddle, primitives, securePair } from './fixtures/pair.js';

const mallory = createIdentity(primitives);
const auth = (identity: Identity, options: Partial<AuthenticationOptions> = {}) => new AuthenticationPlugin({ identity, ...options });
/** What a connection looks like to which somebody lied. */
const refused = (code: string, closeCode: number) => ({ code: closeCode, reason: code, initiatedBy: 'local', error: { code } });

describe('an honest peer made by hand after docs/protocol.md', () => {
	test('is taken as initiator', async () => {
		const { connection, send, read, received, frames } = await facing([auth(bob)], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response());
		expect(JSON.parse(peer.openControl(await read()))).toEqual({ type: 'auth_success', capabilities: [], max_message_bytes: 1_048_576, pairing: 'none' });
		await send(peer.record('hello'));
		expect([connection.state, ...received]).toEqual(['ACTIVE', 'hello']);
		connection.send('there');
		await settle();
		expect(new TextDecoder().decode(peer.opener?.openRecord(frames.shift() as Uint8Array).subarray(6))).toBe('there');
	});

	test('is taken as responder', async () => {
		const { connection, send, read, received } = await facing([auth(alice, { peer: bob.publicKey })], true);
		const peer = new HandMade('responder', bob);
		peer.readAuth(await read());
		await send(peer.challenge());
		peer.readResponse(await read());
		expect(encodeBase64url(peer.peerIdentity)).toBe(encodeBase64url(alice.publicKey));
		await send(peer.success(), peer.record('hello'));
		expect([connection.state, ...received]).toEqual(['ACTIVE', 'hello']);
	});
});

describe('to a responder', () => {
	/** A handshake up to message 3, in which the initiator claims something. */
	async function claiming(identity: Identity, respond: (peer: HandMade, challenge: string) => string, options: Partial<AuthenticationOptions> = {}) {
		const end = await facing([auth(bob, options)], false);
		const peer = new HandMade('initiator', identity);
		await end.send(peer.auth());
		const challenge = await end.read();
		peer.readChallenge(challenge);
		await end.send(respond(peer, challenge));
		return end;
	}

	test('a transcript that was recorded is worth nothing a second time', async () => {
		const honest = securePair([auth(alice)], [auth(bob)]);
		await honest.open();
		const replayed = await facing([auth(bob)], false);
		await replayed.send(...honest.sentLeft);
		expect(closeOf(replayed.connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test('a signature that somebody else gave to the liar is refused', async () => {
		// Alice dials Mallory, and Mallory hands on to Bob what Alice signed.
		const dialled = await facing([auth(alice)], true);
		const trap = new HandMade('responder', mallory);
		trap.readAuth(await dialled.read());
		await dialled.send(trap.challenge());
		trap.readResponse(await dialled.read());
		const { identity, signature } = trap.peerClaims;
		const { connection } = await claiming(mallory, (peer) => peer.response(() => ({ identity, signature })));
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test.each([
		['another static key', (context: object) => signedBytes('I', { ...(context as Parameters<typeof signedBytes>[1]), staticKey: bob.publicKey })],
		['another handshake', (context: object) => signedBytes('I', { ...(context as Parameters<typeof signedBytes>[1]), handshakeHash: new Uint8Array(32) })],
		['another responder', (context: object) => signedBytes('I', { ...(context as Parameters<typeof signedBytes>[1]), expected: mallory.publicKey })],
		['the other role', (context: object) => signedBytes('R', context as Parameters<typeof signedBytes>[1])],
	])('a signature over %s is refused', async (_, bytes) => {
		const { connection } = await claiming(alice, (peer) => peer.response((context) => ({ signature: encodeBase64url(alice.sign(bytes(context))) })));
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test('a static key whose secret the liar does not have is refused', async () => {
		const victim = primitives.x25519.generate();
		const end = await facing([auth(bob)], false);
		const peer = new HandMade('initiator', alice, { publicKey: victim.publicKey, secretKey: primitives.x25519.generate().secretKey });
		await end.send(peer.auth());
		peer.readChallenge(await end.read());
		await end.send(peer.response());
		expect(closeOf(end.connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test("who has stolen the responder's own identity cannot be somebody else to it", async () => {
		const stolen: Identity = { publicKey: alice.publicKey, fingerprint: alice.fingerprint, sign: (message) => bob.sign(message) };
		const { connection } = await claiming(stolen, (peer) => peer.response());
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	const smallOrder = Uint8Array.of(1, ...new Uint8Array(31));
	test('an identity of small order, under which a signature fits everything, is refused', async () => {
		const signature = encodeBase64url(Uint8Array.of(...smallOrder, ...new Uint8Array(32)));
		const { connection } = await claiming(mallory, (peer) => peer.response(() => ({ identity: encodeBase64url(smallOrder), signature })));
		expect(closeOf(connection)).toMatchObject(refused('WEAK_KEY', 4401));
	});

	test('a signature that was changed into another valid one is refused', async () => {
		const order = decodeBase64url('7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA');
		const { connection } = await claiming(alice, (peer) =>
			peer.response((context) => {
				const signature = alice.sign(signedBytes('I', context));
				let carry = 0;
				for (let i = 0; i < 32; i++) {
					carry += (signature[32 + i] as number) + (order[i] as number);
					signature[32 + i] = carry;
					carry >>= 8;
				}
				return { signature: encodeBase64url(signature) };
			}),
		);
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test('an ephemeral key of small order is refused', async () => {
		const { connection, send } = await facing([auth(bob)], false);
		await send(JSON.stringify({ type: 'auth', v: 1, e: encodeBase64url(new Uint8Array(32)), timestamp: 1 }));
		expect(closeOf(connection)).toMatchObject(refused('WEAK_KEY', 4401));
	});

	test('somebody whom it does not want is told nothing but that', async () => {
		const asked: unknown[] = [];
		const authorize = (peer: object) => {
			asked.push(peer);
			return 'refused' as const;
		};
		const { connection, frames } = await claiming(alice, (peer) => peer.response(() => ({ pairing: 'requested' })), { authorize });
		expect(asked).toEqual([{ publicKey: alice.publicKey, fingerprint: alice.fingerprint, verified: true, pairingRequested: true }]);
		expect(closeOf(connection)).toMatchObject(refused('PEER_UNKNOWN', 4401));
		expect(frames).toEqual([]);
	});

	test('what authorize() answers wrongly is a refusal', async () => {
		const { connection } = await claiming(alice, (peer) => peer.response(), { authorize: () => undefined as never });
		expect(closeOf(connection)).toMatchObject(refused('PEER_UNKNOWN', 4401));
	});
});

describe('to an initiator', () => {
	async function answered(options: Partial<AuthenticationOptions>, identity: Identity, more: Parameters<HandMade['challenge']>[0] = () => ({})) {
		const end = await facing([auth(alice, options)], true);
		const peer = new HandMade('responder', identity);
		peer.readAuth(await end.read());
		await end.send(peer.challenge(more));
		return { ...end, peer };
	}

	test.each([
		['its key', mallory.publicKey, bob.publicKey],
		['its key in text', mallory.publicKey, encodeBase64url(bob.publicKey)],
		['its fingerprint', mallory.publicKey, bob.fingerprint],
		['its fingerprint in capitals', mallory.publicKey, bob.fingerprint.toUpperCase()],
	])('another responder than the one pinned by %s never learns who called', async (_, _publicKey, peer) => {
		const { connection, frames } = await answered({ peer }, mallory);
		expect(frames).toEqual([]);
		expect(closeOf(connection)).toMatchObject(refused('PEER_MISMATCH', 4401));
		expect(connection.closeInfo?.error?.message).toContain(bob.fingerprint);
		expect(connection.closeInfo?.error?.message).toContain(mallory.fingerprint);
	});

	test('a responder that authorize() refuses never learns who called', async () => {
		const { connection, frames } = await answered({ authorize: async () => 'refused' as const }, mallory);
		expect(frames).toEqual([]);
		expect(closeOf(connection)).toMatchObject(refused('PEER_UNKNOWN', 4401));
	});

	test('its own challenge, reflected, is refused', async () => {
		// Alice also listens: Mallory takes what she signs there, as responder, for what she is asked as initiator.
		const dialled = await facing([auth(alice)], true);
		const listening = await facing([auth(alice)], false);
		const [toDialled, toListening] = [new HandMade('responder', mallory), new HandMade('initiator', mallory)];
		toDialled.readAuth(await dialled.read());
		await listening.send(toListening.auth());
		toListening.readChallenge(await listening.read());
		const { identity, signature } = toListening.peerClaims;
		await dialled.send(toDialled.challenge(() => ({ identity, signature })));
		expect(dialled.frames).toEqual([]);
		expect(closeOf(dialled.connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test('its own message comes back and is refused', async () => {
		const end = await facing([auth(alice)], true);
		await end.send(await end.read());
		expect(closeOf(end.connection)).toMatchObject(refused('PROTOCOL_ORDER', 4402));
	});

	test.each([
		['another static key', (context: object) => signedBytes('R', { ...(context as Parameters<typeof signedBytes>[1]), staticKey: bob.publicKey })],
		['another handshake', (context: object) => signedBytes('R', { ...(context as Parameters<typeof signedBytes>[1]), handshakeHash: new Uint8Array(32) })],
		['the other role', (context: object) => signedBytes('I', context as Parameters<typeof signedBytes>[1])],
	])('a signature over %s is refused', async (_, bytes) => {
		const { connection, frames } = await answered({}, bob, (context) => ({
			signature: encodeBase64url(bob.sign(bytes({ ...context, expected: new Uint8Array(32) }))),
		}));
		expect(frames).toEqual([]);
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test("who has stolen the initiator's own identity cannot be the responder it pinned", async () => {
		const stolen: Identity = { publicKey: bob.publicKey, fingerprint: bob.fingerprint, sign: (message) => alice.sign(message) };
		const { connection } = await answered({ peer: bob.publicKey }, stolen);
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});

	test('another protocol is refused, never fallen back to', async () => {
		const end = await facing([auth(alice)], true);
		const peer = new HandMade('responder', bob);
		peer.readAuth(await end.read());
		await end.send(peer.challenge().replace('ChaChaPoly', 'AESGCM'));
		expect(closeOf(end.connection)).toMatchObject(refused('NO_COMMON_SUITE', 4401));
		const responder = await facing([auth(bob)], false);
		await responder.send(new HandMade('initiator', alice).auth().replace('"v":1', '"v":2'));
		expect(closeOf(responder.connection)).toMatchObject(refused('NO_COMMON_SUITE', 4401));
	});

	test('an auth_success that does not open confirms nothing', async () => {
		const { connection, read, send, peer } = await answered({}, bob);
		peer.readResponse(await read());
		const forged = JSON.parse(peer.success());
		await send(JSON.stringify({ ...forged, sealed: encodeBase64url(new Uint8Array(80)) }));
		expect(closeOf(connection)).toMatchObject(refused('AUTH_FAILED', 4401));
	});
});

describe('somebody in the middle', () => {
	const chains: [string, () => Plugin[], () => Plugin[]][] = [
		['authentication', () => [auth(alice)], () => [auth(bob)]],
		['encryption alone', () => [new EncryptionPlugin()], () => [new EncryptionPlugin()]],
		['authentication and encryption', () => [auth(alice), new EncryptionPlugin()], () => [auth(bob), new EncryptionPlugin()]],
	];

	test.each(chains)('%s: changes no character of the handshake without both noticing', async (_, left, right) => {
		const honest = securePair(left(), right());
		await honest.open();
		const count = [honest.sentLeft, honest.sentRight].map((sent) => sent.length);
		await fc.assert(
			fc.asyncProperty(fc.boolean(), fc.nat(2), fc.nat(2000), fc.integer({ min: 1, max: 0x7f }), async (fromLeft, which, at, difference) => {
				const target = which % (count[fromLeft ? 0 : 1] as number);
				const meddle: Meddle = (frame, index) => (index === target ? changed(frame, at, difference) : frame);
				const pair = securePair(left(), right(), fromLeft ? { meddleLeft: meddle } : { meddleRight: meddle });
				pair.left.send('never');
				pair.right.send('never');
				await pair.open();
				expect([pair.left.state, pair.right.state, ...pair.atLeft, ...pair.atRight]).toEqual(['FAILED', 'FAILED']);
				const codes = [pair.left, pair.right].map((end) => end.closeInfo?.code);
				expect([4400, 4401, 4402, 4408, 4430]).toEqual(expect.arrayContaining(codes));
				expect(pair.clock.pending).toBe(0);
			}),
			{ numRuns: 150 },
		);
	});

	// What the fifth to seventh message of one side becomes on its way.
	const meddlings: [string, (frames: Payload[]) => Payload[]][] = [
		['changes one', ([a, b, c]) => [a as Payload, changed(b as Payload, 20, 1), c as Payload]],
		['drops one', ([a, , c]) => [a as Payload, c as Payload]],
		['swaps two', ([a, b, c]) => [a as Payload, c as Payload, b as Payload]],
		['repeats one', ([a, b, c]) => [a as Payload, b as Payload, b as Payload, c as Payload]],
		['repeats an old one', ([a, b, c]) => [a as Payload, b as Payload, a as Payload, c as Payload]],
		['cuts one', ([a, b, c]) => [a as Payload, (b as Uint8Array).slice(0, -1), c as Payload]],
		['adds one of its own', ([a, b, c]) => [a as Payload, Uint8Array.from({ length: 40 }, (_, i) => (i === 0 ? 1 : i)), b as Payload, c as Payload]],
	];
	for (const [name, left, right] of chains) {
		test.each(meddlings)(`${name}: %s, and nothing of what follows is delivered`, async (_, meddle) => {
			const held: Payload[] = [];
			let armed = false;
			const pair = securePair(left(), right(), {
				meddleLeft: (frame) => {
					if (!armed) return frame;
					held.push(frame);
					return held.length === 3 ? meddle(held) : null;
				},
			});
			expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
			armed = true;
			for (const text of ['one', 'two', 'three']) {
				pair.left.send(text);
				await settle();
			}
			expect(['one', 'two', 'three'].join()).toContain(pair.atRight.join());
			expect(pair.atRight.length).toBeLessThan(3);
			expect(closeOf(pair.right)).toMatchObject(refused('DECRYPT_FAILED', 4430));
			await settle(100);
			expect(pair.left.state).toBe('FAILED');
		});

		test(`${name}: ends it politely, and the end is told as a truncation`, async () => {
			const pair = securePair(left(), right());
			await pair.open();
			pair.left.send('the first half');
			await settle();
			pair.ends[0].close(1000, 'Close called.');
			await settle();
			expect(pair.atRight).toEqual(['the first half']);
			expect(pair.right.state).toBe('FAILED');
			expect(closeOf(pair.right)).toMatchObject({
				code: 1000,
				reason: 'Close called.',
				wasClean: false,
				initiatedBy: 'remote',
				error: { code: 'STREAM_TRUNCATED' },
			});
			await expect(pair.right.messages().next()).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' });
		});

		test(`${name}: closes it as a tab does, and the end is still a truncation, told as what it is most likely`, async () => {
			const pair = securePair(left(), right());
			await pair.open();
			pair.ends[0].close(1001, '');
			await settle();
			const error = { code: 'STREAM_TRUNCATED', message: expect.stringContaining('closed its tab or ended its process (1001)') };
			expect(closeOf(pair.right)).toMatchObject({ code: 1001, wasClean: false, error });
		});

		test.each<[string, Payload, string, number]>([
			['text', 'hello', 'MALFORMED_FRAME', 4400],
			['a control message', '{"type":"auth","v":1}', 'PROTOCOL_ORDER', 4402],
			['polluting JSON', '{"type":"auth","__proto__":"x"}', 'MALFORMED_FRAME', 4400],
			['bytes', Uint8Array.of(0, 1, 2), 'MALFORMED_FRAME', 4400],
			['no bytes', new Uint8Array(), 'MALFORMED_FRAME', 4400],
			['a record of an unordered transport', new Uint8Array(60).fill(2), 'MALFORMED_FRAME', 4400],
			['bytes that look like a record', new Uint8Array(60).fill(1), 'DECRYPT_FAILED', 4430],
		])(`${name}: sends %s in the clear, and it is refused`, async (_, frame, code, closeCode) => {
			const pair = securePair(left(), right());
			await pair.open();
			pair.ends[0].send(typeof frame === 'string' ? frame : frame.slice());
			await settle();
			expect(pair.atRight).toEqual([]);
			expect(closeOf(pair.right)).toMatchObject(refused(code, closeCode));
		});
	}

	test('a plugin between authentication and encryption, which neither would seal, is refused', async () => {
		const between: Plugin = { name: 'between' };
		const pair = securePair([auth(alice), between, new EncryptionPlugin()], [auth(bob), new EncryptionPlugin()]);
		await pair.open();
		expect(codeOfEnd(pair.left)).toBe('SECURITY_ORDER');
		expect(pair.left.closeInfo?.error?.message).toContain('found between');
	});

	test.each([
		['strips the best', (suites: string[]) => suites.slice(1)],
		['reorders them', (suites: string[]) => suites.reverse()],
		['adds one', (suites: string[]) => [...suites, 'rot13']],
	])('between authentication and encryption: %s of the suites, and the first record fails', async (_, change) => {
		// As if the layer below were broken: it can read and write what encryption negotiates.
		class Broken extends AuthenticationPlugin {
			override outgoing(payload: Payload) {
				if (typeof payload !== 'string' || !payload.includes('encryption_capabilities')) return super.outgoing(payload);
				const message = JSON.parse(payload);
				return super.outgoing(JSON.stringify({ ...message, suites: change(message.suites) }));
			}
		}
		const pair = securePair([new Broken({ identity: alice }), new EncryptionPlugin()], [auth(bob), new EncryptionPlugin()]);
		pair.left.send('secret');
		pair.right.send('secret');
		await pair.open();
		// One of the suites is loaded when it is chosen.
		await vi.waitFor(() => expect([pair.left.state, pair.right.state]).toEqual(['FAILED', 'FAILED']), 25_000);
		expect([...pair.atLeft, ...pair.atRight]).toEqual([]);
		expect([codeOfEnd(pair.left), codeOfEnd(pair.right)]).toContain('DECRYPT_FAILED');
	});

	test('silence is HANDSHAKE_TIMEOUT at every step, and so is a message that never ends', async () => {
		for (const silentFrom of [0, 1, 2]) {
			for (const side of ['meddleLeft', 'meddleRight'] as const) {
				const pair = securePair([auth(alice), new EncryptionPlugin()], [auth(bob), new EncryptionPlugin()], {
					[side]: (frame: Payload, index: number) => (index >= silentFrom ? null : frame),
					connection: { handshakeTimeoutMs: 1000 },
				});
				await pair.open();
				await pair.clock.run(10_000);
				expect([codeOfEnd(pair.left), codeOfEnd(pair.right)]).toContain('HANDSHAKE_TIMEOUT');
				expect([pair.left.closeInfo?.code, pair.right.closeInfo?.code]).toContain(4408);
				expect([pair.left.state, pair.right.state]).toEqual(['FAILED', 'FAILED']);
				expect(pair.clock.pending).toBe(0);
			}
		}
	});

	test('a byte a second ends at once: no frame of one byte makes sense', async () => {
		const { connection, send } = await facing([auth(bob)], false);
		await send('{');
		expect(closeOf(connection)).toMatchObject(refused('MALFORMED_FRAME', 4400));
	});
});

function changed(frame: Payload, at: number, difference: number): Payload {
	const place = at % frame.length;
	if (typeof frame !== 'string') return frame.map((byte, i) => (i === place ? byte ^ difference : byte));
	return frame.slice(0, place) + String.fromCharCode(frame.charCodeAt(place) ^ difference) + frame.slice(place + 1);
}
