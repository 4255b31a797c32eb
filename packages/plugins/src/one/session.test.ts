import { inspect } from 'node:util';
import { Connection, type ConnectionState, hub, type Payload, type Plugin, type SecureChannel, TransportError } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { boxKeyPair, bytesToHex, fingerprintOf, seal } from '@linkscope/crypto/nacl';
import { describe, expect, test } from 'vitest';
import { acceptRaw, face, frameOf, initiateRaw, READY, request } from './fixtures/hostile.js';
import { type OneSessionOptions, OneSessionPlugin } from './session.js';

const [alice, bob, mallory] = [boxKeyPair(), boxKeyPair(), boxKeyPair()];
const initiating = (options: Partial<OneSessionOptions> = {}) => [new OneSessionPlugin({ keys: alice, peer: bob.publicKey, ...options })];
const accepting = (options: Partial<OneSessionOptions> = {}) => [new OneSessionPlugin({ keys: bob, ...options })];

describe('two ends', () => {
	test.each(['single', 'burst'] as const)('%s: go through ENCRYPTING and ENCRYPTED, agree on a binding, and know each other', async (delivery) => {
		const clock = new FakeClock();
		const [a, b] = createMemoryPair({ delivery, clock });
		const [seenLeft, seenRight] = [new ChannelSeen(), new ChannelSeen()];
		const left = new Connection(a, { clock, plugins: [...initiating(), seenLeft] });
		const right = new Connection(b, { clock, plugins: [...accepting(), seenRight], initiator: false });
		const states: ConnectionState[] = [];
		right.onState.on((state) => states.push(state));
		left.send('early');
		await Promise.all([left.open(), right.open()]);
		expect(states).toEqual(['CONNECTING', 'CONNECTED', 'ENCRYPTING', 'ENCRYPTED', 'ACTIVE']);
		expect((await right.messages().next()).value).toBe('early');
		expect(seenLeft.channel?.binding).toHaveLength(32);
		expect(seenLeft.channel?.binding).toEqual(seenRight.channel?.binding);
		expect(seenLeft.channel?.exportSecret('a')).toEqual(seenRight.channel?.exportSecret('a'));
		expect(seenLeft.channel?.exportSecret('a')).not.toEqual(seenLeft.channel?.exportSecret('b'));
		expect([seenLeft.channel?.peer, seenRight.channel?.peer]).toEqual([fingerprintOf(bob.publicKey), fingerprintOf(alice.publicKey)]);
		await left.close();
		expect(clock.pending).toBe(0);
		expect(() => seenLeft.channel?.exportSecret('a')).toThrow('wiped');
	});

	test('who dialled may be the acceptor', async () => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: accepting({ role: 'acceptor' }) });
		const right = new Connection(b, { plugins: initiating({ role: 'initiator' }), initiator: false });
		await Promise.all([left.open(), right.open()]);
		expect([left.state, right.state]).toEqual(['ACTIVE', 'ACTIVE']);
		left.terminate();
	});

	test('say who, which stage and how it went, and never a secret', async () => {
		const notes: unknown[] = [];
		const undo = hub.subscribe((event) => event.type === 'note' && notes.push(event.note));
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: initiating() });
		const right = new Connection(b, { plugins: accepting(), initiator: false });
		await Promise.all([left.open(), right.open()]);
		const refused = await face(accepting(), false);
		await refused.send(request(mallory.publicKey, alice.publicKey));
		const leaving = await face(accepting(), false);
		await leaving.theirs.close();
		const silent = await face(accepting(), false);
		await silent.clock.run(10_000);
		undo();
		expect(notes.filter((note) => JSON.stringify(note).includes('refused'))).toHaveLength(1);
		expect(notes).toContainEqual({ kind: 'security', stage: 'encrypt', outcome: 'ok', peer: fingerprintOf(alice.publicKey) });
		expect(notes).toContainEqual({ kind: 'security', stage: 'encrypt', outcome: 'ok', peer: fingerprintOf(bob.publicKey) });
		expect(notes).toContainEqual({ kind: 'security', stage: 'encrypt', outcome: 'refused', code: 'PEER_MISMATCH' });
		const plugin = left.plugin('one-session');
		for (const shown of [inspect(plugin, { depth: 9, showHidden: true }), JSON.stringify(plugin), String(plugin), JSON.stringify(notes)]) {
			expect(shown).not.toContain(bytesToHex(alice.secretKey));
			expect(shown).not.toContain(`${alice.secretKey[0]}, ${alice.secretKey[1]}, ${alice.secretKey[2]}`);
		}
		left.terminate();
	});

	test.each(['MESSAGE_TOO_BIG', 'SEND_QUEUE_FULL'])('a message refused below with %s is not sent, and the next one opens', async (code) => {
		const refusing: Plugin = {
			name: 'refusing',
			outgoing(payload) {
				if (payload.length > 1_000) throw new TransportError(code, 'at most 1,000');
				return payload;
			},
		};
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [refusing, ...initiating()] });
		const right = new Connection(b, { plugins: accepting(), initiator: false });
		await Promise.all([left.open(), right.open()]);
		expect(() => left.send('x'.repeat(2_000))).toThrow(expect.objectContaining({ code }));
		left.send('small');
		expect((await right.messages().next()).value).toBe('small');
		left.terminate();
	});

	test.each<[string, object]>([
		['a short secret key', { keys: { publicKey: alice.publicKey, secretKey: new Uint8Array(31) } }],
		['a key as text', { keys: alice, peer: bytesToHex(bob.publicKey) }],
	])('%s is a TypeError', (_, options) => {
		expect(() => new OneSessionPlugin(options as OneSessionOptions)).toThrow(TypeError);
	});

	test.each(['keepalive', 'fragmentation_end', 'x'.repeat(16_384)])('an opening that other plugins would have to change is a RangeError', (opening) => {
		expect(() => initiating({ opening })).toThrow(RangeError);
	});

	test('an initiator without the key of its peer says so', () => {
		const connection = new Connection(createMemoryPair()[0], { plugins: [new OneSessionPlugin({ keys: alice })] });
		expect(connection.closeInfo?.error?.message).toContain('peer, the public key to ask for');
	});
});

describe('an acceptor', () => {
	test('sends nothing before the first good frame, and keeps a bounded amount until then', async () => {
		const faced = await face(accepting(), false, { maxQueuedBytes: 100 + 64 });
		const channel = await initiateRaw(faced, alice, bob.publicKey);
		faced.ours.send('x'.repeat(90));
		expect(() => faced.ours.send('x'.repeat(20))).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		await settle();
		expect(faced.wire).toHaveLength(2);
		expect(faced.outcome).toBe(null);
		await faced.send(frameOf(channel, 'mine'));
		expect(faced.outcome).toBe('ACTIVE');
		expect(faced.received).toEqual(['mine']);
		expect(faced.wire).toHaveLength(3);
	});

	test('is not taken in by a recorded handshake: without its secrets nobody proves the key', async () => {
		const honest = await face(accepting(), false);
		const recorded: Payload[] = [];
		const send = honest.theirs.send.bind(honest.theirs);
		honest.theirs.send = (frame) => {
			recorded.push(typeof frame === 'string' ? frame : frame.slice());
			return send(frame);
		};
		await honest.send(frameOf(await initiateRaw(honest, alice, bob.publicKey), 'pay mallory'));
		expect(honest.outcome).toBe('ACTIVE');
		const replayed = await face(accepting(), false);
		await replayed.send(...recorded);
		expect(replayed.outcome).toBe('AUTH_FAILED');
		expect(replayed.received).toEqual([]);
	});

	test('refuses a key somebody merely claims', async () => {
		const faced = await face(accepting(), false);
		await faced.send(request(alice.publicKey, bob.publicKey), seal(boxKeyPair().publicKey, bob.publicKey, mallory.secretKey));
		expect(faced.outcome).toBe('AUTH_FAILED');
		expect(faced.ours.closeInfo?.code).toBe(4401);
		expect(faced.wire).toEqual([READY]);
	});

	test('names both fingerprints where another key is asked for, or another asks', async () => {
		const asked = await face(accepting(), false);
		await asked.send(request(alice.publicKey, mallory.publicKey));
		const asking = await face(accepting({ peer: alice.publicKey }), false);
		await asking.send(request(mallory.publicKey, bob.publicKey));
		for (const [faced, expected] of [
			[asked, bob],
			[asking, alice],
		] as const) {
			expect(faced.ours.closeInfo).toMatchObject({ code: 4401, error: { code: 'PEER_MISMATCH' } });
			expect(faced.ours.closeInfo?.error?.message).toContain(fingerprintOf(expected.publicKey));
			expect(faced.ours.closeInfo?.error?.message).toContain(fingerprintOf(mallory.publicKey));
			expect(faced.wire).toEqual([]);
		}
	});

	test('asks who may come only when the key is proved, and keeps what arrives meanwhile in order', async () => {
		const asked: string[] = [];
		let allow = (_: boolean): void => {};
		const authorize = (key: Uint8Array): Promise<boolean> => {
			asked.push(bytesToHex(key));
			return new Promise((resolve) => {
				allow = resolve;
			});
		};
		const faced = await face(accepting({ authorize }), false);
		const channel = await initiateRaw(faced, alice, bob.publicKey);
		expect(asked).toEqual([]);
		await faced.send(frameOf(channel, 'first'), frameOf(channel, 'second'), frameOf(channel, 'third'));
		expect(asked).toEqual([bytesToHex(alice.publicKey)]);
		expect(faced.received).toEqual([]);
		allow(true);
		await settle();
		expect(faced.received).toEqual(['first', 'second', 'third']);
	});

	test('who may not come is told nothing: 4401', async () => {
		const faced = await face(accepting({ authorize: () => false }), false);
		await faced.send(frameOf(await initiateRaw(faced, alice, bob.publicKey), 'first'));
		expect(faced.ours.closeInfo).toMatchObject({ code: 4401, reason: 'AUTH_FAILED' });
		expect(faced.received).toEqual([]);
		expect(faced.wire).toHaveLength(2);
	});

	test('a flood while it asks who may come stops at the transport', async () => {
		const faced = await face(accepting({ authorize: () => new Promise(() => {}) }), false);
		const channel = await initiateRaw(faced, alice, bob.publicKey);
		for (let i = 0; i < 20; i++) await faced.send(frameOf(channel, new Uint8Array(64 * 1024)));
		expect(faced.theirs.bufferedBytes).toBeGreaterThan(16 * 64 * 1024);
		await faced.clock.run(10_000);
		expect(faced.outcome).toBe('HANDSHAKE_TIMEOUT');
	});

	test('behind a relay the handover comes first; without a relay it is out of order', async () => {
		const relayed = await face(accepting({ relayed: true }), false);
		await relayed.send(request(alice.publicKey, bob.publicKey));
		expect(relayed.outcome).toBe('PROTOCOL_ORDER');
		const direct = await face(accepting(), false);
		await direct.send('{"command":"connection_handover"}');
		expect(direct.outcome).toBe('PROTOCOL_ORDER');
	});
});

describe('an initiator', () => {
	test('is not up against a server that merely reflects', async () => {
		const faced = await face(initiating(), true);
		await faced.send(READY);
		await faced.send(faced.wire[1] as Payload);
		expect(faced.outcome).toBe('AUTH_FAILED');
		expect(faced.ours.closeInfo?.error?.message).toContain('reflects');
	});

	test("is not up against one that repeats the peer's sealed key of another time", async () => {
		const honest = await face(initiating(), true);
		let sealedOnce!: Uint8Array;
		const send = honest.theirs.send.bind(honest.theirs);
		honest.theirs.send = (frame) => {
			if (typeof frame !== 'string') sealedOnce = frame.slice();
			return send(frame);
		};
		await acceptRaw(honest, bob, alice.publicKey);
		for (const proof of [new Uint8Array(40), 'reflected']) {
			const faced = await face(initiating(), true);
			await faced.send(READY, sealedOnce);
			expect([faced.outcome, faced.ours.state]).toEqual([null, 'ENCRYPTING']);
			await faced.send(proof === 'reflected' ? (faced.wire[2] as Uint8Array) : (proof as Uint8Array));
			expect(faced.outcome).toBe('AUTH_FAILED');
		}
	});

	test('refuses a peer that does not own the key it asked for', async () => {
		const faced = await face(initiating(), true);
		await faced.send(READY, seal(boxKeyPair().publicKey, alice.publicKey, mallory.secretKey));
		expect(faced.outcome).toBe('AUTH_FAILED');
	});

	test('delivers the first good frame when it is a message', async () => {
		const faced = await face(initiating({ opening: 'hello' }), true);
		const channel = await acceptRaw(faced, bob, alice.publicKey);
		await faced.send(frameOf(channel, 'welcome'), frameOf(channel, 'second'));
		expect(faced.received).toEqual(['welcome', 'second']);
	});
});

class ChannelSeen implements Plugin {
	readonly name = 'channel-seen';
	channel: SecureChannel | undefined;

	async handshake(wire: { secure?: SecureChannel }): Promise<void> {
		this.channel = wire.secure;
	}
}
