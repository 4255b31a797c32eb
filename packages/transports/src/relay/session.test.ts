import { settle } from '@linkscope/core/testing';
import { encodeBase64url } from '@linkscope/crypto';
import { describe, expect, test } from 'vitest';
import { dialled, ENDPOINTS, me, openedSession, recorder, target, watched } from './fixtures/dialling.js';
import { type Caller, newIdentity, ORIGIN, ScriptedRelay, URL } from './fixtures/scripted-relay.js';
import { dialRelayOn, openRelayOn } from './open-relay.js';

describe('a session with a relay', () => {
	test('says where it dialled and who it is, and proves it for this origin and this relay', async () => {
		const { caller, session, relay } = await openedSession();
		expect(caller.said[0]).toMatchObject({ type: 'relay_hello', v: 1, origin: ORIGIN, key: encodeBase64url(me.publicKey) });
		expect(caller.said[0]).not.toHaveProperty('relay');
		expect(caller.said[1]).toMatchObject({ type: 'relay_proof', role: 'dialler' });
		expect(caller.isProved()).toBe(true);
		expect(session.relayKey).toEqual(relay.identity.publicKey);
		session.close();
		await settle();
		expect(caller.end).toMatchObject({ code: 1000 });
		expect(relay.clock.pending).toBe(0);
	});

	test('a pinned relay proves itself before this side does, and its proof is for nobody else', async () => {
		const relay = new ScriptedRelay();
		const opening = openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock, relayKey: relay.identity.publicKey });
		await relay.last.admit();
		await opening;
		expect(relay.last.said[0]).toMatchObject({ relay: encodeBase64url(relay.identity.publicKey) });
		expect(relay.last.isProved()).toBe(true);
	});

	test.each<[string, string, number, (caller: Caller) => object | string | Uint8Array]>([
		['of somebody else', 'AUTH_FAILED', 4401, (caller) => caller.challenge({}, newIdentity())],
		['for another nonce', 'AUTH_FAILED', 4401, (caller) => caller.challenge({ nonce: encodeBase64url(new Uint8Array(32)) })],
		['that is missing', 'MALFORMED_FRAME', 4400, (caller) => caller.challenge({ signature: undefined })],
		['of the right form under another key', 'PEER_MISMATCH', 4401, (caller) => caller.challenge({ key: encodeBase64url(target) })],
	])('a signature of a pinned relay %s: %s, and nothing was proved to it', async (_, code, closeCode, challenge) => {
		const relay = new ScriptedRelay();
		const opening = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock, relayKey: relay.identity.publicKey }));
		await settle();
		relay.last.say(challenge(relay.last));
		await settle();
		expect(opening.outcome).toBe(code);
		expect(relay.last.types).toEqual(['relay_hello']);
		expect(relay.last.end).toMatchObject({ code: closeCode, reason: code });
		expect(relay.clock.pending).toBe(0);
	});

	test.each<[string, string, object | string | Uint8Array]>([
		['bytes', 'PROTOCOL_ORDER', new Uint8Array(3)],
		['no JSON', 'MALFORMED_FRAME', 'hello'],
		['an array', 'MALFORMED_FRAME', '[]'],
		['a key twice', 'MALFORMED_FRAME', '{"type":"relay_challenge","type":"relay_challenge"}'],
		['its own hello back', 'PROTOCOL_ORDER', { type: 'relay_hello', v: 1 }],
		['a challenge of more than 4 KiB', 'MALFORMED_FRAME', { type: 'relay_challenge', key: 'x'.repeat(4096) }],
		['a challenge without a key', 'MALFORMED_FRAME', { type: 'relay_challenge' }],
		['a short nonce', 'MALFORMED_FRAME', { type: 'relay_challenge', key: encodeBase64url(target), nonce: 'AAAA' }],
	])('a relay that says %s is %s, and nothing is left open', async (_, code, message) => {
		const relay = new ScriptedRelay();
		const opening = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock }));
		await settle();
		relay.last.say(message);
		await settle();
		expect(opening).toMatchObject({ outcome: code });
		expect(opening.message).not.toContain('xxx');
		expect(opening.message).toMatch(/; is ws:\/\/\S+ a relay\?$/);
		expect(relay.last.end?.code).toBe(code === 'PROTOCOL_ORDER' ? 4402 : 4400);
		expect(relay.clock.pending).toBe(0);
	});

	test('a challenge of more than 4 KiB is refused, however right it is', async () => {
		const relay = new ScriptedRelay();
		const opening = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock }));
		await settle();
		relay.last.say(relay.last.challenge({ more: 'x'.repeat(4_000) }));
		await settle();
		expect(opening.outcome).toBe('MALFORMED_FRAME');
	});

	test('a relay that is not there, and one that says nothing, are given up after 10 s each', async () => {
		const relay = new ScriptedRelay();
		relay.isDeaf = true;
		const unreachable = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock }));
		relay.isDeaf = false;
		const silent = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock }));
		await relay.clock.run(9_999);
		expect([unreachable.outcome, silent.outcome]).toEqual([null, null]);
		await relay.clock.run(1);
		expect([unreachable.outcome, silent.outcome]).toEqual(['OPEN_TIMEOUT', 'HANDSHAKE_TIMEOUT']);
		await settle();
		expect(relay.last.end).toMatchObject({ code: 4408 });
		expect(relay.clock.pending).toBe(0);
	});

	test.each([0, 1, 2, 3])('an abort after %s steps ends it at once and leaves nothing open', async (steps) => {
		const relay = new ScriptedRelay();
		const aborting = new AbortController();
		relay.isDeaf = steps === 1;
		if (steps === 0) aborting.abort();
		const opening = watched(openRelayOn(relay.dial, URL, { identity: me, clock: relay.clock }, aborting.signal));
		if (steps === 3) {
			await settle();
			relay.last.say(relay.last.challenge());
		} else if (steps > 0) await settle();
		aborting.abort();
		await settle();
		expect(opening.outcome).toBe('OPEN_ABORTED');
		expect(relay.open).toEqual([]);
		expect(relay.clock.pending).toBe(0);
	});

	test('asks one question after the other, and keeps what can be dialled of the answers', async () => {
		const { caller, session } = await openedSession();
		const first = session.discover(target);
		const second = session.discover(target, { probe: true });
		await settle();
		expect(caller.said.slice(2)).toEqual([{ type: 'discover', target: encodeBase64url(target) }]);
		caller.say({ ...ENDPOINTS, direct: ['ws://192.0.2.1:9/', 'javascript:alert(1)', 'wss://user:secret@a.test/'] });
		expect(await first).toEqual({ registered: true, direct: ['ws://192.0.2.1:9/'], relays: ['wss://other.test/'], transports: ['websocket'] });
		await settle();
		expect(caller.said[3]).toEqual({ type: 'discover', target: encodeBase64url(target), probe: true });
		caller.say({ type: 'endpoints', registered: true, direct: [], relays: [], transports: [], alive: false });
		expect(await second).toMatchObject({ registered: true, alive: false });
	});

	test.each<[string, object]>([
		['no registered', { ...ENDPOINTS, registered: 1 }],
		['an address that is none', { ...ENDPOINTS, direct: [7] }],
		['no lists', { type: 'endpoints', registered: true }],
	])('an answer with %s ends the session', async (_, answer) => {
		const { caller, session, relay } = await openedSession();
		const asked = watched(session.discover(target));
		await settle();
		caller.say(answer);
		await settle();
		expect(asked.outcome).toBe('MALFORMED_FRAME');
		expect(caller.end?.code).toBe(4400);
		expect(relay.clock.pending).toBe(0);
	});

	test('what nobody asked for ends it, and whoever asks next hears why', async () => {
		const { caller, session } = await openedSession();
		caller.say({ type: 'relay_ping' });
		await settle();
		expect(caller.end).toMatchObject({ code: 4402, reason: 'PROTOCOL_ORDER' });
		await expect(session.discover(target)).rejects.toMatchObject({ code: 'PROTOCOL_ORDER' });
		await expect(session.dial(target).open(recorder().sink, new AbortController().signal)).rejects.toMatchObject({ code: 'PROTOCOL_ORDER' });
	});

	test.each<[number, string, string]>([
		[4400, 'RELAY_SELF', 'RELAY_SELF'],
		[4400, 'MALFORMED_FRAME', 'MALFORMED_FRAME'],
		[4401, 'AUTH_FAILED', 'RELAY_AUTH_FAILED'],
		[4401, 'RELAY_ORIGIN_UNKNOWN', 'RELAY_ORIGIN_UNKNOWN'],
		[4401, 'PEER_MISMATCH', 'PEER_MISMATCH'],
		[4402, 'PROTOCOL_ORDER', 'PROTOCOL_ORDER'],
		[4404, 'NOT_REGISTERED', 'NOT_REGISTERED'],
		[4408, 'HANDSHAKE_TIMEOUT', 'HANDSHAKE_TIMEOUT'],
		[4413, 'RELAY_QUOTA', 'RELAY_QUOTA'],
		[4429, 'RELAY_RATE', 'RELAY_RATE'],
		[1012, 'relay restarting', 'RELAY_RESTARTING'],
		[1014, 'peer connection lost', 'CONNECTION_LOST'],
		[1000, 'toString', 'RELAY_CLOSED'],
		[4321, 'busy\u001b[2J', 'RELAY_CLOSED'],
	])('a relay that closes with %s %s: %s, and the message quotes it', async (code, reason, expected) => {
		const { caller, opening, told, relay } = await dialled();
		caller.close(code, reason);
		await settle();
		expect(opening.outcome).toBe(expected);
		expect(opening.message).toContain(`(${code} ${JSON.stringify(reason)})`);
		expect(told.closes).toEqual([]);
		expect(relay.clock.pending).toBe(0);
	});

	test('a session dials once', async () => {
		const { session } = await openedSession();
		session.dial(target);
		expect(() => session.dial(target)).toThrow(TypeError);
		expect(() => session.discover(target)).toThrow(TypeError);
	});

	test('options that make no sense are named', async () => {
		const { dial } = new ScriptedRelay();
		await expect(openRelayOn(dial, 'https://relay.test', { identity: me })).rejects.toMatchObject({
			code: 'URL_INVALID',
			message: 'relay: expected an absolute ws: or wss: address, got "https://relay.test"',
		});
		await expect(openRelayOn(dial, URL, { identity: me, relayKey: new Uint8Array(31) })).rejects.toThrow('relayKey must be');
		await expect(openRelayOn(dial, URL, {} as { identity: typeof me })).rejects.toThrow('identity must be');
		expect(() => dialRelayOn(dial, URL, { identity: me, target: new Uint8Array(31) })).toThrow('target must be');
		expect(() => dialRelayOn(dial, URL, { identity: me, target, handshakeTimeoutMs: 0 })).toThrow(RangeError);
	});
});
