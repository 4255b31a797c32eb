import type { Payload, Plugin, Wire } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { type Identity, nodePrimitives, RecordFlag, type RecordSealer } from '@linkscope/crypto';
import { noblePrimitives } from '@linkscope/crypto/noble';
import { describe, expect, test, vi } from 'vitest';
import { isLinkscopeChannel, type LinkscopeChannel } from '../linkscope-channel.js';
import { type AuthenticationOptions, AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { facing } from './fixtures/facing.js';
import { HandMade } from './fixtures/hand-made.js';
import { alice, bob, closeOf, codeOfEnd, type SecurePairOptions, securePair } from './fixtures/pair.js';

const auth = (identity = alice) => new AuthenticationPlugin({ identity });
function speakingFor(identity: Identity, options: Partial<AuthenticationOptions> = {}): Plugin[] {
	const encryption = new EncryptionPlugin();
	return [new AuthenticationPlugin({ identity, encryption, ...options }), encryption];
}
const chains = {
	authentication: [() => [auth(alice)], () => [auth(bob)]],
	'encryption alone': [() => [new EncryptionPlugin()], () => [new EncryptionPlugin()]],
	'authentication and encryption': [() => [auth(alice), new EncryptionPlugin()], () => [auth(bob), new EncryptionPlugin()]],
	'authentication that speaks for encryption': [() => speakingFor(alice), () => speakingFor(bob)],
	'authentication that speaks for encryption, and one that waits': [() => speakingFor(alice), () => [auth(bob), new EncryptionPlugin()]],
	'authentication and encryption, and encryption alone': [() => [auth(alice), new EncryptionPlugin()], () => [new EncryptionPlugin()]],
} as const;

for (const delivery of ['single', 'burst'] as const) {
	describe.each(Object.entries(chains))(`${delivery}: %s`, (_, [left, right]) => {
		test('messages arrive, text as text, in order, both ways', async () => {
			const pair = securePair(left(), right(), { delivery });
			pair.left.send('early');
			expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
			const messages = [
				'',
				'grüße 🙂',
				'{"type":"auth"}',
				new Uint8Array(),
				Uint8Array.of(1, 2, 3),
				'é'.repeat(50_000),
				new Uint8Array(200_000).fill(7),
				'last',
			];
			for (const message of messages) {
				pair.left.send(typeof message === 'string' ? message : message.slice());
				pair.right.send(typeof message === 'string' ? message : message.slice());
			}
			await settle(200);
			expect(pair.atRight.map(plain)).toEqual(['early', ...messages]);
			expect(pair.atLeft.map(plain)).toEqual(messages);
			await pair.left.close();
			await settle();
			expect([pair.left.state, pair.right.state, codeOfEnd(pair.right)]).toEqual(['CLOSED', 'CLOSED', undefined]);
			expect(pair.clock.pending).toBe(0);
		});
	});
}

function plain(message: string | Uint8Array): string | Uint8Array {
	return typeof message === 'string' ? message : Uint8Array.from(message);
}

describe('the session', () => {
	const both = (left: Partial<AuthenticationOptions> = {}, right: Partial<AuthenticationOptions> = {}, options: SecurePairOptions = {}) =>
		securePair(
			[new AuthenticationPlugin({ identity: alice, ...left }), new EncryptionPlugin()],
			[new AuthenticationPlugin({ identity: bob, ...right }), new EncryptionPlugin()],
			options,
		);

	test('six messages establish it, in text that a person can read', async () => {
		const pair = both();
		await pair.open();
		const types = (frames: readonly Payload[]) => frames.map((frame) => JSON.parse(frame as string).type);
		expect(types(pair.sentLeft)).toEqual(['auth', 'response', 'encryption_capabilities']);
		expect(types(pair.sentRight)).toEqual(['challenge', 'auth_success', 'encryption_parameters']);
		for (const frame of [...pair.sentLeft, ...pair.sentRight]) expect(frame.length).toBeLessThan(1000);
	});

	test('what is offered goes out behind the proof, without an answer between', async () => {
		const pair = securePair(speakingFor(alice), speakingFor(bob), { meddleRight: (frame, index) => (index === 0 ? frame : null) });
		await pair.open();
		expect([pair.left.state, pair.right.state]).toEqual(['AUTHENTICATING', 'ACTIVE']);
		expect(pair.sentLeft.map((frame) => JSON.parse(frame as string).type)).toEqual(['auth', 'response', 'encryption_capabilities']);
	});

	test('the states are the same whether what is offered goes out early or not', async () => {
		const pair = securePair(speakingFor(alice), speakingFor(bob));
		const [left, right]: string[][] = [[], []];
		pair.left.onState.on((state) => left?.push(state));
		pair.right.onState.on((state) => right?.push(state));
		await pair.open();
		const states = ['CONNECTING', 'CONNECTED', 'AUTHENTICATING', 'AUTHENTICATED', 'ENCRYPTING', 'ENCRYPTED', 'ACTIVE'];
		expect([left, right]).toEqual([states, states]);
	});

	test.each([
		['an echo', '{"type":"auth"}', 'PROTOCOL_ORDER'],
		['a service of texts', 'hello', 'MALFORMED_FRAME'],
		['a service of bytes', new Uint8Array(9), 'PROTOCOL_ORDER'],
	])('with %s there is none, and the message says why', async (_, frame, code) => {
		for (const [initiator, why] of [
			[true, 'it is not secured, or is another service'],
			[false, 'it dialled without an identity'],
		] as const) {
			const end = await facing([new AuthenticationPlugin({ identity: alice })], initiator);
			await end.send(initiator || typeof frame !== 'string' ? frame : frame.replace('auth', 'hello'));
			expect(end.connection.closeInfo?.error?.code).toBe(code);
			expect(end.connection.closeInfo?.error?.message).toContain(why);
		}
	});

	test('a wrong responder hears neither who called nor what is offered', async () => {
		const pair = securePair(speakingFor(alice, { peer: alice.publicKey }), speakingFor(bob));
		await pair.open();
		expect(codeOfEnd(pair.left)).toBe('PEER_MISMATCH');
		expect(pair.sentLeft.map((frame) => JSON.parse(frame as string).type)).toEqual(['auth']);
	});

	test('an encryption that is spoken for and does not stand there ends the connection before anything leaves in the clear', async () => {
		const talking = (): Plugin => ({ name: 'talking', handshake: async (wire) => wire.send('{"type":"hello"}') });
		for (const above of [() => [], () => [talking()], (encryption: Plugin) => [talking(), encryption]]) {
			const [authentication, encryption] = speakingFor(alice) as [Plugin, Plugin];
			const pair = securePair([authentication, ...above(encryption)], speakingFor(bob));
			pair.left.send('secret');
			await pair.open();
			expect(codeOfEnd(pair.left)).toBe('SECURITY_ORDER');
			expect(pair.sentLeft.map((frame) => JSON.parse(frame as string).type)).toEqual(['auth', 'response', 'encryption_capabilities']);
		}
	});

	test('messages of one turn share a record, but for a first one that had no second the turn before', async () => {
		const pair = both();
		await pair.open();
		const before = pair.sentLeft.length;
		const recordSizes = () => pair.sentLeft.slice(before).map((frame) => frame.length - 18);
		for (let i = 0; i < 64; i++) pair.left.send(new Uint8Array(64).fill(i));
		expect(pair.left.bufferedBytes).toBe(63 * (64 + 5));
		expect(recordSizes()).toEqual([69]);
		await settle();
		expect(pair.left.bufferedBytes).toBe(0);
		expect(recordSizes()).toEqual([69, 63 * 69]);
		for (let i = 64; i < 128; i++) pair.left.send(new Uint8Array(64).fill(i));
		await settle();
		expect(recordSizes()).toEqual([69, 63 * 69, 64 * 69]);
		expect(pair.atRight.map((message) => message[0])).toEqual(Array.from({ length: 128 }, (_, i) => i));
	});

	test('an answer leaves at once, and after a turn of several it waits once more', async () => {
		const pair = both();
		await pair.open();
		const before = pair.sentLeft.length;
		const records = () => pair.sentLeft.length - before;
		for (let i = 1; i <= 3; i++) {
			pair.left.send('answer');
			expect(records()).toBe(i);
			await settle();
		}
		for (let i = 0; i < 3; i++) pair.left.send('several');
		await settle();
		pair.left.send('answer');
		expect(records()).toBe(5);
		await settle();
		expect(records()).toBe(6);
		pair.left.send('answer');
		expect(records()).toBe(7);
	});

	test('a record is full at 64 KiB, and a longer message has one of its own, in order', async () => {
		const pair = both();
		await pair.open();
		const before = pair.sentLeft.length;
		const sizes = [10, 40_000, 40_000, 10, 65_536, 10];
		for (const size of sizes) pair.left.send(new Uint8Array(size));
		await settle();
		expect(pair.atRight.map((message) => message.length)).toEqual(sizes);
		expect(pair.sentLeft.slice(before).map((frame) => frame.length - 18)).toEqual([5 + 10, 5 + 40_000, 5 + 40_000 + 5 + 10, 5 + 65_536, 5 + 10]);
	});

	test("a record is never larger than the peer's largest message", async () => {
		const pair = both({}, { maxMessageBytes: 2000 });
		await pair.open();
		const before = pair.sentLeft.length;
		for (let i = 0; i < 10; i++) pair.left.send(new Uint8Array(900));
		await settle();
		expect(pair.atRight.length).toBe(10);
		expect(Math.max(...pair.sentLeft.slice(before).map((frame) => frame.length))).toBeLessThan(2018);
		expect(() => pair.left.send(new Uint8Array(2001))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		pair.left.send(new Uint8Array(2000));
		pair.right.send(new Uint8Array(100_000));
		await settle();
		expect([pair.atRight.length, pair.atLeft.length]).toEqual([11, 1]);
	});

	test('what the transport takes bounds both directions, whatever the peer says', async () => {
		const pair = both({}, {}, { maxMessageBytes: 20_000 });
		await pair.open();
		for (const end of [pair.left, pair.right]) {
			expect(() => end.send(new Uint8Array(20_000 - 1023))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
			for (let i = 0; i < 10; i++) end.send(new Uint8Array(20_000 - 1024));
		}
		await settle(100);
		expect([pair.atLeft.length, pair.atRight.length, pair.left.state]).toEqual([10, 10, 'ACTIVE']);
	});

	test('a message that only the peer would take is refused, and the connection goes on', async () => {
		const { connection, send, read } = await facing([new AuthenticationPlugin({ identity: bob })], false, { maxMessageBytes: 20_000 });
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response());
		for (const size of [18_977, 20_000, 500_000])
			expect(() => connection.send(new Uint8Array(size))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		connection.send(new Uint8Array(18_976));
		await settle();
		expect(connection.state).toBe('ACTIVE');
	});

	test('a message larger than was announced ends the connection with 4409', async () => {
		const { connection, send, read } = await facing([new AuthenticationPlugin({ identity: bob, maxMessageBytes: 1024 })], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(), peer.record('x'.repeat(200)));
		const large = (peer.sealer as RecordSealer).sealRecord(Uint8Array.of(0, 0, 0, 0, 4, 1, ...new Uint8Array(1025)), 0);
		await send(large);
		expect(closeOf(connection)).toMatchObject({ code: 4409, reason: 'MESSAGE_TOO_BIG' });
	});

	test.each([
		['neither message nor flag', (peer: HandMade) => (peer.sealer as RecordSealer).sealRecord(Uint8Array.of(0), 0), 4400],
		['an unknown flag', (peer: HandMade) => peer.record('x', 8), 4400],
		['an item cut short', (peer: HandMade) => (peer.sealer as RecordSealer).sealRecord(Uint8Array.of(0, 0, 0, 0, 0, 9, 1), 0), 4400],
		['a hand-over', (peer: HandMade) => peer.record('', RecordFlag.HAND_OVER), 4402],
	])('a record with %s ends the connection', async (_, record, code) => {
		const { connection, send, read, received } = await facing([new AuthenticationPlugin({ identity: bob })], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(), record(peer));
		expect(closeOf(connection).code).toBe(code);
		expect(received).toEqual([]);
	});

	test('a goodbye whose close somebody withholds ends the connection all the same', async () => {
		const { connection, clock, send, read } = await facing([auth(bob)], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(), peer.record('last words', RecordFlag.CLOSE_NOTIFY));
		clock.advance(4_999);
		expect(connection.state).toBe('ACTIVE');
		clock.advance(1);
		expect(connection.state).toBe('CLOSING');
	});

	test('a peer that takes less than 1,024 bytes is refused', async () => {
		const { connection, send, read } = await facing([auth(bob)], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(() => ({ max_message_bytes: 1023 })));
		expect(codeOfEnd(connection)).toBe('MALFORMED_FRAME');
	});

	test('nothing comes behind the goodbye', async () => {
		const { connection, send, read, received, close } = await facing([new AuthenticationPlugin({ identity: bob })], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(), peer.record('last words', RecordFlag.CLOSE_NOTIFY));
		expect([connection.state, ...received]).toEqual(['ACTIVE', 'last words']);
		await send(peer.record('and one more'));
		await close();
		expect(received).toEqual(['last words']);
		expect(closeOf(connection)).toMatchObject({ code: 4402, reason: 'PROTOCOL_ORDER' });
	});

	test('both sides change their keys under load, at the same time, and nothing is lost', async () => {
		for (const delivery of ['single', 'burst'] as const) {
			const pair = both({}, {}, { delivery });
			await pair.open();
			const sent: string[] = [];
			for (let round = 0; round < 40; round++) {
				// Longer than a key may be used: each side seals the last record of its key while the other does the same.
				pair.clock.advance(120_001);
				for (let i = 0; i < 5; i++) {
					sent.push(`${round}.${i}`);
					pair.left.send(`${round}.${i}`);
					pair.right.send(`${round}.${i}`);
					await settle(round % 3);
				}
			}
			await settle(400);
			expect(pair.atLeft).toEqual(sent);
			expect(pair.atRight).toEqual(sent);
		}
	});

	test('an encryption that the peer does not have is refused before anything is delivered', async () => {
		const pair = securePair([new AuthenticationPlugin({ identity: alice }), new EncryptionPlugin()], [new AuthenticationPlugin({ identity: bob })], {
			delivery: 'burst',
		});
		pair.left.send('never');
		await pair.open();
		expect([pair.left.state, pair.right.state]).toEqual(['FAILED', 'FAILED']);
		expect(closeOf(pair.right)).toMatchObject({ code: 4402, error: { code: 'PROTOCOL_ORDER', message: expect.stringContaining('encryption_capabilities') } });
		expect(pair.atRight).toEqual([]);
	});

	test('who hands over before this side is ACTIVE, to an encryption it does not have, is refused too', async () => {
		const { connection, send, read, received } = await facing([new AuthenticationPlugin({ identity: bob })], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response(), peer.control({ type: 'encryption_capabilities', suites: [] }, RecordFlag.HAND_OVER), 'in the clear');
		expect(closeOf(connection)).toMatchObject({ code: 4402, reason: 'PROTOCOL_ORDER' });
		expect(received).toEqual([]);
	});

	test('behind a hand-over that nobody took, a plugin that still shakes hands hears nothing in the clear', async () => {
		const heard: Payload[] = [];
		const pairing: Plugin = { name: 'pairing', phase: ['PAIRING', 'PAIRED'], handshake: async (wire) => void heard.push(await wire.read(), await wire.read()) };
		const { connection, send, read } = await facing([new AuthenticationPlugin({ identity: bob }), pairing], false);
		const peer = new HandMade('initiator', alice);
		await send(peer.auth());
		peer.readChallenge(await read());
		await send(peer.response());
		await send(peer.control({ type: 'pair_request' }, RecordFlag.HAND_OVER), '{"type":"forged by the path"}');
		expect(closeOf(connection)).toMatchObject({ code: 4402, reason: 'PROTOCOL_ORDER' });
		expect(heard).toEqual([]);
	});

	test('what the dialled side says in one breath with its last words of the handshake arrives', async () => {
		const encryption = new EncryptionPlugin();
		const held: Payload[] = [];
		const pair = securePair(
			[new AuthenticationPlugin({ identity: alice, encryption }), encryption],
			[new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin()],
			// auth_success and encryption_parameters wait for the first record.
			{ delivery: 'burst', meddleRight: (frame, i) => (i === 0 || i > 3 ? frame : held.push(frame) < 3 ? null : held) },
		);
		pair.right.send('first');
		pair.right.send(new Uint8Array([2]));
		expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
		expect(pair.atLeft).toEqual(['first', new Uint8Array([2])]);
	});

	test('without a common suite there is no session, and each says what it has', async () => {
		const pair = securePair([new EncryptionPlugin({ suites: ['aes-256-gcm'] })], [new EncryptionPlugin({ suites: ['chacha20-poly1305'] })]);
		await pair.open();
		expect(closeOf(pair.right)).toMatchObject({ code: 4401, reason: 'NO_COMMON_SUITE' });
		expect(pair.right.closeInfo?.error?.message).toContain('aes-256-gcm');
		expect(closeOf(pair.left)).toMatchObject({ code: 4401, reason: 'NO_COMMON_SUITE', initiatedBy: 'remote' });
	});

	test.each(['aes-256-gcm', 'chacha20-poly1305', 'xsalsa20-poly1305'] as const)('speaks %s over every backend', async (suite) => {
		for (const backend of [nodePrimitives, noblePrimitives]) {
			const pair = securePair([new EncryptionPlugin({ suites: [suite], primitives: backend })], [new EncryptionPlugin()]);
			void pair.open();
			await vi.waitFor(() => expect([pair.left.state, pair.right.state]).toEqual(['ACTIVE', 'ACTIVE']), 25_000);
			pair.left.send('over');
			pair.right.send('and out');
			await settle();
			expect([pair.atRight, pair.atLeft]).toEqual([['over'], ['and out']]);
		}
	});

	test('authentication above encryption, or pairing below, is an error before anything is dialled', async () => {
		const pair = securePair([new EncryptionPlugin(), new AuthenticationPlugin({ identity: alice })], []);
		await pair.open();
		expect(codeOfEnd(pair.left)).toBe('PLUGIN_ORDER');
		expect(pair.sentLeft).toEqual([]);
	});

	test('where pairing is required and nobody proves an invite, nobody gets anything', async () => {
		const pair = both({}, { authorize: () => 'pairing' });
		pair.left.send('never');
		pair.right.send('never');
		await pair.open();
		expect([codeOfEnd(pair.left), codeOfEnd(pair.right)]).toContain('PAIRING_REQUIRED');
		expect([pair.left.closeInfo?.code, pair.right.closeInfo?.code]).toContain(4410);
		expect([...pair.atLeft, ...pair.atRight]).toEqual([]);
	});

	test('both ends derive the same binding, name and secrets, others in every session and layer', async () => {
		const names: string[] = [];
		const channels: LinkscopeChannel[] = [];
		const spy = (name: string): Plugin => ({
			name,
			async handshake(wire) {
				const channel = wire.secure as LinkscopeChannel;
				channels.push(channel);
				names.push(`${channel.sessionId} ${channel.binding} ${channel.exportSecret('x')}`);
				expect(channel.sessionId).toMatch(/^[\w-]{22}$/);
				expect([channel.binding.length, channel.exportSecret('x').length]).toEqual([32, 32]);
				expect(channel.exportSecret('x')).not.toEqual(channel.exportSecret('y'));
				expect(isLinkscopeChannel(channel)).toBe(true);
			},
		});
		class Spied extends AuthenticationPlugin {
			override async handshake(wire: Wire) {
				await super.handshake(wire);
				await spy('below').handshake?.(wire);
			}
		}
		const chain = (identity: Identity) => [new Spied({ identity }), new EncryptionPlugin(), spy('above')];
		const pairs = [0, 1].map(() => securePair(chain(alice), chain(bob)));
		for (const pair of pairs) expect(await pair.open()).toEqual(['ACTIVE', 'ACTIVE']);
		expect(names.length).toBe(8);
		expect(new Set(names).size).toBe(4);
		for (const channel of channels) expect([alice.fingerprint, bob.fingerprint]).toContain(channel.peer);
		// What is left of the layer below could compute every record key, and what a wiped secret gives anybody could.
		const exporting = () => channels.map((channel) => codeOfThrown(() => channel.exportSecret('x')));
		expect(exporting().toSorted()).toEqual([...Array(4).fill('CONNECTION_CLOSED'), ...Array(4).fill(undefined)]);
		for (const pair of pairs) pair.left.terminate();
		await settle();
		expect(exporting()).toEqual(Array(8).fill('CONNECTION_CLOSED'));
	});

	test('a plugin above that sends too early sends nothing in the clear', async () => {
		const hasty: Plugin = {
			name: 'hasty',
			attach: (host) => host.clock.after(0, () => host.sendDown('in the clear')),
		};
		const pair = securePair([new AuthenticationPlugin({ identity: alice }), hasty], []);
		await pair.open();
		pair.clock.advance(1);
		await settle();
		expect(codeOfEnd(pair.left)).toBe('SECURITY_ORDER');
		expect(pair.sentLeft.map((frame) => JSON.parse(frame as string).type)).toEqual(['auth']);
	});

	test.each([
		['no identity', () => new AuthenticationPlugin({} as never), TypeError],
		['a peer that is no key', () => new AuthenticationPlugin({ identity: alice, peer: 'bob' }), TypeError],
		['a peer that is a short key', () => new AuthenticationPlugin({ identity: alice, peer: new Uint8Array(31) }), TypeError],
		['a limit that is too small', () => new AuthenticationPlugin({ identity: alice, maxMessageBytes: 10 }), RangeError],
		['an unknown suite', () => new EncryptionPlugin({ suites: ['rot13' as never] }), TypeError],
		['no suites', () => new EncryptionPlugin({ suites: [] }), TypeError],
	])('%s is a mistake of the caller', (_, make, error) => {
		expect(make).toThrow(error);
	});
});

function codeOfThrown(run: () => unknown): string | undefined {
	try {
		run();
		return undefined;
	} catch (error) {
		return (error as { code?: string }).code;
	}
}
