import { settle } from '@linkscope/core/testing';
import { encodeBase64url } from '@linkscope/crypto';
import { describe, expect, test } from 'vitest';
import { friend, INCOMING, listening, registered } from './fixtures/listening.js';
import { newIdentity, ScriptedRelay } from './fixtures/scripted-relay.js';

const REPLACED = 'Close called: New connection replaced old one';

describe('a relay that is lost', () => {
	test('all spares wait as one, longer each time, and one goes ahead', async () => {
		const { relay, listener, states } = await registered({ spares: 4 });
		relay.isDeaf = true;
		for (const caller of relay.callers) caller.vanish();
		await settle(200);
		expect(listener.state).toBe('retrying');
		expect(relay.clock.pending).toBe(1);
		const { dials } = relay;
		await relay.clock.run(1_000);
		expect(relay.dials).toBe(dials + 1);
		await relay.clock.run(10_000 + 2_000);
		expect(relay.dials).toBe(dials + 2);
		relay.isDeaf = false;
		await relay.clock.run(10_000 + 4_000);
		await settle(200);
		expect([listener.waiting, relay.open.length]).toEqual([4, 4]);
		expect(listener.error).toBe(null);
		expect(states.some(({ error }) => (error as { code?: string } | null)?.code === 'OPEN_TIMEOUT')).toBe(true);
	});

	test.each([
		[6_000, 1_000],
		[4_000, 4_000],
	])('after registrations that held %s ms the wait is %s ms', async (heldMs, waitMs) => {
		const { relay } = await registered({ spares: 1 });
		relay.onCaller = (caller) => caller.vanish();
		relay.last.vanish(); // 1 s, and
		await relay.clock.run(1_000); // lost at once: 2 s
		relay.admitAll();
		await relay.clock.run(2_000);
		await settle();
		await relay.clock.run(heldMs);
		const dials = relay.callers.length;
		relay.last.vanish();
		await settle();
		await relay.clock.run(waitMs - 1);
		expect(relay.callers).toHaveLength(dials);
		await relay.clock.run(1);
		expect(relay.callers).toHaveLength(dials + 1);
	});

	test('one spare that is lost alone leaves the others waiting', async () => {
		const { relay, listener } = await registered({ spares: 2 });
		relay.callers[0]?.vanish();
		await settle();
		expect([listener.state, listener.waiting]).toEqual(['waiting', 1]);
		await relay.clock.run(1_000);
		await settle(200);
		expect(listener.waiting).toBe(2);
	});

	test('a restart (1012) is waited for; too much of us (4429) for 30 s longer', async () => {
		const { relay, listener } = await registered({ spares: 1 });
		relay.last.close(1012, 'relay restarting');
		await settle();
		expect(listener.error).toMatchObject({ code: 'RELAY_RESTARTING' });
		await relay.clock.run(1_000);
		await settle();
		expect(listener.waiting).toBe(1);
		relay.last.close(4429, 'RELAY_RATE');
		await settle();
		const dials = relay.callers.length;
		await relay.clock.run(31_999);
		expect([listener.state, relay.callers.length]).toEqual(['retrying', dials]);
		await relay.clock.run(1);
		await settle();
		expect(listener.waiting).toBe(1);
	});

	test('a relay that calls without end is not dialled without end', async () => {
		const { relay, listener } = await registered({ spares: 1 });
		for (let called = 0; called < relay.callers.length && called < 1_000; called++) {
			relay.callers[called]?.say(INCOMING);
			await settle();
		}
		expect(relay.callers).toHaveLength(401);
		expect([listener.state, (listener.error as { code?: string } | null)?.code]).toEqual(['retrying', 'RELAY_RATE']);
		await relay.clock.run(30_999);
		expect(relay.callers).toHaveLength(401);
		await relay.clock.run(1);
		await settle(200);
		expect(relay.callers).toHaveLength(402);
		expect([listener.state, listener.error]).toEqual(['waiting', null]);
		listener.stop();
	});

	test('a backoff that gives up ends it, with the last error', async () => {
		const { relay, listener, states } = await registered({ backoff: { next: () => null } });
		for (const caller of relay.callers) caller.vanish();
		await settle();
		expect(states.at(-1)).toMatchObject({ state: 'stopped', waiting: 0, error: { code: 'CONNECTION_LOST' } });
		expect(listener.state).toBe('stopped');
		expect(relay.clock.pending).toBe(0);
	});

	test('a replaced registration is left to the newer one, while others wait', async () => {
		const { relay, listener } = await registered({ spares: 3 });
		relay.callers[0]?.close(1000, REPLACED);
		await settle();
		await relay.clock.run(60_000 - 32_000); // pings are due later
		expect([listener.waiting, relay.callers.length]).toEqual([2, 3]);
		for (const caller of relay.callers) caller.vanish();
		await relay.clock.run(1_000);
		await settle(200);
		expect(listener.waiting).toBe(3);
	});

	test('two that replace each other do so ever more seldom', async () => {
		const { relay, listener } = await registered({ spares: 1 });
		const at: number[] = [];
		for (let i = 0; i < 6; i++) {
			const dials = relay.callers.length;
			await relay.clock.run(6_000);
			relay.last.close(1000, REPLACED);
			await settle();
			expect(listener.error).toMatchObject({ code: 'RELAY_REPLACED' });
			const since = relay.clock.now();
			while (relay.callers.length === dials) await relay.clock.run(500);
			at.push(relay.clock.now() - since);
			await settle();
		}
		expect(at).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
	});
});

describe('a relay that refuses', () => {
	test.each([
		[4401, 'AUTH_FAILED', 'RELAY_AUTH_FAILED'],
		[4401, 'RELAY_ORIGIN_UNKNOWN', 'RELAY_ORIGIN_UNKNOWN'],
		[4401, 'PEER_MISMATCH', 'PEER_MISMATCH'],
		[4402, 'PROTOCOL_ORDER', 'PROTOCOL_ORDER'],
	])('for good (%s %s) is not asked again', async (code, reason, expected) => {
		const relay = new ScriptedRelay();
		relay.onCaller = (caller) => void settle().then(() => caller.close(code, reason));
		const { listener, states } = listening(relay);
		listener.start();
		await settle(200);
		await relay.clock.run(600_000);
		expect(states.at(-1)).toMatchObject({ state: 'stopped', error: { code: expected } });
		expect([relay.callers.length, relay.clock.pending]).toEqual([1, 0]);
	});

	test('one that ends the second spare for good ends the first one too', async () => {
		const { relay, listener } = await registered();
		relay.callers[1]?.close(4401, 'AUTH_FAILED');
		await settle();
		expect(listener.state).toBe('stopped');
		expect(relay.open).toEqual([]);
		expect(relay.clock.pending).toBe(0);
	});

	test.each<[string, (relay: ScriptedRelay) => object | string | Uint8Array]>([
		['a wrong signature', (relay) => relay.last.challenge({}, newIdentity())],
		['another identity', (relay) => relay.last.challenge({ key: encodeBase64url(friend) })],
		['a call before the proof', () => INCOMING],
		['bytes', () => new Uint8Array(4)],
	])('%s stops it, and it proves nothing', async (_, message) => {
		const relay = new ScriptedRelay();
		const { listener, calls } = listening(relay, { relayKey: relay.identity.publicKey });
		listener.start();
		await settle();
		relay.last.say(message(relay));
		await settle();
		expect([listener.state, calls.length, relay.last.said.length, relay.clock.pending]).toEqual(['stopped', 0, 1, 0]);
	});

	test.each<[string, object]>([
		['no interval', { type: 'relay_registered' }],
		['an interval of nothing', { type: 'relay_registered', ping_interval_ms: 0 }],
		['an interval of a day', { type: 'relay_registered', ping_interval_ms: 86_400_000 }],
	])('%s is malformed, and tried again later', async (_, message) => {
		const relay = new ScriptedRelay();
		const { listener } = listening(relay);
		listener.start();
		await settle();
		relay.last.say(relay.last.challenge());
		relay.last.say(message);
		await settle();
		expect(listener).toMatchObject({ state: 'retrying', error: { code: 'MALFORMED_FRAME' } });
		expect(relay.last.end).toMatchObject({ code: 4400 });
	});
});
