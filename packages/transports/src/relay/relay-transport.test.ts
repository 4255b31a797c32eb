import { Connection } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { encodeBase64url } from '@linkscope/crypto';
import { describe, expect, test } from 'vitest';
import { dialled, ENDPOINTS, me, openedSession, READY, recorder, target, watched } from './fixtures/dialling.js';
import { ScriptedRelay, URL } from './fixtures/scripted-relay.js';
import { dialRelayOn } from './open-relay.js';

describe('a transport to a peer behind a relay', () => {
	test("is open when the peer has answered, and from there everything is the peer's, in the same tick too", async () => {
		const { caller, transport, told, opening } = await dialled(new ScriptedRelay('burst'));
		expect(caller.said[2]).toEqual({ type: 'relay_dial', target: encodeBase64url(target) });
		expect(opening.outcome).toBe(null);
		for (const message of [READY, 'text', new Uint8Array([1, 2]), '{"type":"relay_ready"}']) caller.say(message);
		await settle();
		expect(opening.outcome).toBe('ok');
		expect(told.messages).toEqual(['text', new Uint8Array([1, 2]), '{"type":"relay_ready"}']);
		expect(told.claims).toBe(1);
		expect(told.bytesIn).toBeGreaterThan(100);
		transport.send(new Uint8Array([7]));
		await settle();
		expect(caller.bytes).toEqual([new Uint8Array([7])]);
	});

	test('nothing is sent through it before the peer has answered', async () => {
		const { caller, transport } = await dialled();
		expect(transport.send('early')).toBe(false);
		await settle();
		expect(caller.types).toEqual(['relay_hello', 'relay_proof', 'relay_dial']);
	});

	test('a peer that answers with something else is no peer', async () => {
		for (const [message, code] of [
			['hello', 'MALFORMED_FRAME'],
			[new Uint8Array(1), 'PROTOCOL_ORDER'],
			[{ type: 'relay_incoming', from: 'x' }, 'PROTOCOL_ORDER'],
		] as const) {
			const { caller, opening, relay } = await dialled();
			caller.say(message);
			await settle();
			expect(opening.outcome).toBe(code);
			expect(caller.end).not.toBe(null);
			expect(relay.clock.pending).toBe(0);
		}
	});

	test('a peer that never answers is given up', async () => {
		const { opening, relay, caller } = await dialled();
		await relay.clock.run(10_000);
		expect(opening.outcome).toBe('HANDSHAKE_TIMEOUT');
		expect(caller.end).toMatchObject({ code: 4408 });
		expect(relay.clock.pending).toBe(0);
	});

	test('a close of the peer comes with its code and reason; one that is lost shows as lost', async () => {
		for (const [code, reason, expected] of [
			[4321, 'enough', { code: 4321, reason: 'enough', wasClean: true, initiatedBy: 'remote' }],
			[
				1014,
				'peer connection lost',
				{ code: 1006, reason: '', wasClean: false, initiatedBy: 'network', error: expect.objectContaining({ code: 'CONNECTION_LOST' }) },
			],
		] as const) {
			const { caller, told } = await dialled();
			caller.say(READY);
			await settle();
			caller.close(code, reason);
			await settle();
			expect(told.closes).toEqual([expected]);
		}
	});

	test('an abort after it has opened does nothing', async () => {
		const relay = new ScriptedRelay();
		const transport = dialRelayOn(relay.dial, URL, { identity: me, target, clock: relay.clock });
		const aborting = new AbortController();
		const opening = transport.open(recorder().sink, aborting.signal);
		await relay.last.admit();
		relay.last.say(READY);
		await opening;
		aborting.abort();
		await settle();
		expect(relay.open).toHaveLength(1);
	});

	test('over a session it claims the socket and counts what went over it before', async () => {
		const { session, caller } = await openedSession();
		const { told, sink } = recorder();
		const opening = session.dial(target).open(sink, new AbortController().signal);
		expect(told.claims).toBe(1);
		expect(told.bytesIn).toBeGreaterThan(100);
		await settle();
		caller.say(READY);
		await opening;
	});

	test('an abort in the very turn in which the peer answers leaves nothing open, and the end is told', async () => {
		const relay = new ScriptedRelay('burst');
		const transport = dialRelayOn(relay.dial, URL, { identity: me, target, clock: relay.clock });
		const { told, sink } = recorder();
		const aborting = new AbortController();
		const opening = watched(transport.open({ ...sink, message: () => aborting.abort() }, aborting.signal));
		await relay.last.admit();
		relay.last.say(READY);
		relay.last.say('hello');
		await settle();
		expect(opening.outcome).not.toBe(null);
		expect(told.closes).toMatchObject([{ initiatedBy: 'local' }]);
		expect(relay.open).toEqual([]);
	});

	test.each([0, 1, 2, 3])('a relay that vanishes after %s messages: opening says that it is lost', async (messages) => {
		const relay = new ScriptedRelay();
		const transport = dialRelayOn(relay.dial, URL, { identity: me, target, clock: relay.clock });
		const { told, sink } = recorder();
		const opening = watched(transport.open(sink, new AbortController().signal));
		if (messages === 1) await settle();
		if (messages > 1) await relay.last.admit();
		if (messages === 3) {
			relay.last.say(READY);
			await settle();
		}
		relay.last.vanish();
		await settle();
		expect(opening.outcome).toBe(messages === 3 ? 'ok' : 'CONNECTION_LOST');
		expect(told.closes).toMatchObject(messages === 3 ? [{ wasClean: false, initiatedBy: 'network' }] : []);
		expect(relay.clock.pending).toBe(0);
	});

	test("over a session it uses the session's connection, behind the questions that are under way", async () => {
		const { caller, session, relay } = await openedSession();
		const asked = watched(session.discover(target));
		const connection = new Connection(session.dial(target), { clock: relay.clock });
		const opening = watched(connection.open());
		session.close();
		await settle();
		expect(caller.types.slice(2)).toEqual(['discover']);
		caller.say(ENDPOINTS);
		await settle();
		expect(asked.outcome).toBe('ok');
		caller.say(READY);
		await settle();
		expect(opening.outcome).toBe('ok');
		expect(connection.state).toBe('ACTIVE');
		await connection.close('done');
		await settle();
		expect(caller.end).toMatchObject({ code: 1000, reason: 'done' });
		expect(relay.callers).toHaveLength(1);
		expect(relay.clock.pending).toBe(0);
	});
});
