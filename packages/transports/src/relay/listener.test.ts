import { Connection } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { boxKeyPair } from '@linkscope/crypto/nacl';
import { describe, expect, test, vi } from 'vitest';
import { doubling, friend, INCOMING, identity, listening, registered } from './fixtures/listening.js';
import { ScriptedRelay, URL } from './fixtures/scripted-relay.js';
import { createRelayListenerOn } from './listener.js';
import type { RelayCall } from './spare.js';

describe('a listener behind a relay', () => {
	test('registers one, and the others once that has worked', async () => {
		const relay = new ScriptedRelay();
		const { listener, states } = listening(relay, { spares: 3 });
		expect(listener.state).toBe('stopped');
		listener.start();
		await settle();
		expect([listener.state, relay.callers.length]).toEqual(['connecting', 1]);
		relay.admitAll();
		await relay.last.admit();
		await settle(200);
		expect([listener.state, listener.waiting, relay.callers.length]).toEqual(['waiting', 3, 3]);
		expect(states.map(({ state, waiting }) => `${state} ${waiting}`)).toEqual(['connecting 0', 'waiting 1', 'waiting 2', 'waiting 3']);
		expect(relay.callers.every((caller) => caller.isProved() && caller.said[1]?.role === 'listener')).toBe(true);
	});

	test('tells the relay where else it can be reached', async () => {
		const { relay } = await registered({ endpoints: ['ws://192.0.2.1:1/'], relays: ['wss://b.test/'], transports: ['websocket'] });
		expect(relay.callers[0]?.said[1]).toMatchObject({ endpoints: ['ws://192.0.2.1:1/'], relays: ['wss://b.test/'], transports: ['websocket'] });
	});

	test('hands over who calls, answers when it is opened, and registers another at once', async () => {
		const { relay, listener, calls } = await registered();
		const caller = relay.callers[1];
		caller?.say(INCOMING);
		await settle(200);
		expect(calls.map(({ from }) => from)).toEqual([friend]);
		expect([listener.waiting, relay.callers.length]).toEqual([2, 3]);
		expect(caller?.types).toEqual(['relay_hello', 'relay_proof']);
		const connection = new Connection(calls[0]?.transport as RelayCall['transport'], { initiator: false, clock: relay.clock });
		await connection.open();
		await settle();
		expect(caller?.types).toEqual(['relay_hello', 'relay_proof', 'relay_ready']);
		const heard: unknown[] = [];
		connection.onMessage.on((message) => heard.push(message));
		caller?.say('{"type":"relay_ping"}');
		caller?.say(new Uint8Array([1]));
		await settle();
		expect(heard).toEqual(['{"type":"relay_ping"}', new Uint8Array([1])]);
		listener.stop();
		await settle();
		expect(connection.state).toBe('ACTIVE');
		caller?.close(4000, 'bye');
		await settle();
		expect(connection.closeInfo).toMatchObject({ code: 4000, reason: 'bye', initiatedBy: 'remote' });
	});

	test('a call can be declined with a code, and one that nobody takes is', async () => {
		const { relay, calls } = await registered();
		relay.callers[0]?.say(INCOMING);
		await settle();
		calls[0]?.transport.close(4000, 'not now');
		await settle();
		expect(relay.callers[0]?.end).toMatchObject({ code: 4000, reason: 'not now' });
		relay.admitAll();
		const silent = createRelayListenerOn(relay.dial, { relay: URL, identity, backoff: doubling, clock: relay.clock, spares: 1 });
		silent.start();
		await settle();
		const caller = relay.last;
		caller.say(INCOMING);
		await settle();
		expect(caller.end).toMatchObject({ code: 1013 });
	});

	test('a caller that is gone before its transport was opened: opening says so', async () => {
		const { relay, calls, listener } = await registered();
		relay.callers[0]?.say(INCOMING);
		await settle(200);
		relay.callers[0]?.close(1014, 'peer connection lost');
		await settle();
		// It is the caller's end, and says nothing about the relay.
		expect(listener).toMatchObject({ state: 'waiting', waiting: 2, error: null });
		await expect(new Connection(calls[0]?.transport as RelayCall['transport'], { clock: relay.clock }).open()).rejects.toMatchObject({
			code: 'CONNECTION_LOST',
		});
	});

	test('what a caller sends before its transport is opened is bounded', async () => {
		const { relay, calls } = await registered();
		const caller = relay.callers[0];
		caller?.say(INCOMING);
		for (let i = 0; i < 3; i++) caller?.say(new Uint8Array(50_000));
		await settle();
		expect(calls).toHaveLength(1);
		expect(caller?.end).toMatchObject({ code: 4440, reason: 'SLOW_READER' });
	});

	test('answers pings, and gives a relay up 4 s after one was due', async () => {
		const { relay, listener, states } = await registered({ spares: 1 });
		for (let i = 0; i < 5; i++) {
			await relay.clock.run(25_000);
			relay.last.say({ type: 'relay_ping' });
			await settle();
		}
		expect(relay.last.types.slice(2)).toEqual(new Array(5).fill('relay_pong'));
		expect(listener.waiting).toBe(1);
		await relay.clock.run(28_999);
		expect(listener.waiting).toBe(1);
		await relay.clock.run(1);
		expect(states.at(-1)).toMatchObject({ state: 'retrying', waiting: 0, error: { code: 'HANDSHAKE_TIMEOUT' } });
		expect(relay.callers[0]?.end).toMatchObject({ code: 4408 });
	});

	test('pings without end, by a relay that reads no answers, end the registration', async () => {
		const { relay, listener } = await registered({ spares: 1 });
		relay.last.pause();
		for (let i = 0; i < 10_000 && listener.waiting > 0; i++) {
			relay.last.say({ type: 'relay_ping' });
			if (i % 100 === 0) await settle(200);
		}
		expect(listener.error).toMatchObject({ code: 'SEND_QUEUE_FULL' });
	});
});

test.each(['hello', 'proof'])('a relay that falls silent behind the %s is given up after 10 s', async (stage) => {
	const relay = new ScriptedRelay();
	const { listener } = listening(relay);
	listener.start();
	await settle();
	if (stage === 'proof') relay.last.say(relay.last.challenge());
	await relay.clock.run(9_999);
	expect(listener.state).toBe('connecting');
	await relay.clock.run(1);
	expect(listener).toMatchObject({ state: 'retrying', error: { code: 'HANDSHAKE_TIMEOUT' } });
	expect(relay.clock.pending).toBe(1);
});

describe('stopping', () => {
	test.each(['dialling', 'saying hello', 'proving', 'waiting', 'retrying'])('while %s leaves no registration and no timer', async (when) => {
		const relay = new ScriptedRelay();
		relay.isDeaf = when === 'dialling';
		const { listener, states } = listening(relay);
		listener.start();
		if (when !== 'dialling') await settle();
		if (when === 'proving') relay.last.say(relay.last.challenge());
		if (when === 'waiting') await relay.last.admit();
		if (when === 'retrying') relay.last.vanish();
		await settle();
		listener.stop();
		listener.stop();
		await settle();
		expect([listener.state, listener.waiting, relay.open.length, relay.clock.pending]).toEqual(['stopped', 0, 0, 0]);
		expect(states.at(-1)).toMatchObject({ state: 'stopped', error: null });
		relay.admitAll();
		await relay.clock.run(600_000);
		expect(relay.open).toEqual([]);
		listener.start();
		relay.isDeaf = false;
		await settle(200);
		expect(listener.state).not.toBe('stopped');
	});

	test('a thousand cycles, stopped at any moment, leave nothing', async () => {
		const relay = new ScriptedRelay();
		relay.admitAll();
		const { listener } = listening(relay);
		for (let i = 0; i < 1_000; i++) {
			listener.start();
			await settle(i % 37);
			listener.stop();
		}
		await settle(200);
		expect([relay.open.length, relay.clock.pending]).toEqual([0, 0]);
		expect(relay.callers.length).toBeGreaterThan(1_000);
	});

	test('starting again while the first start is still loading begins once', async () => {
		const relay = new ScriptedRelay();
		const { listener } = listening(relay, { identity: undefined, oneKeys: boxKeyPair(), spares: 1 });
		listener.start();
		listener.stop();
		listener.start();
		listener.start();
		await vi.waitFor(() => expect(relay.callers).toHaveLength(1));
		await settle();
		expect([relay.callers.length, relay.last.types]).toEqual([1, ['register']]);
		listener.stop();
		await settle();
		expect([relay.open.length, relay.clock.pending]).toEqual([0, 0]);
	});
});

test('options that make no sense are named', () => {
	const { dial } = new ScriptedRelay();
	const good = { relay: URL, identity, backoff: doubling };
	const create = (changes: object) => () => createRelayListenerOn(dial, { ...good, ...changes });
	expect(create({ oneKeys: boxKeyPair() })).toThrow('either identity or oneKeys');
	expect(create({ identity: undefined })).toThrow('either identity or oneKeys');
	expect(create({ identity: {} })).toThrow('identity must be');
	expect(create({ identity: undefined, oneKeys: { publicKey: new Uint8Array(2) } })).toThrow('oneKeys.publicKey must be');
	expect(create({ relayKey: 'x' })).toThrow('relayKey must be');
	expect(create({ backoff: undefined })).toThrow('backoff must have');
	expect(create({ spares: 0 })).toThrow(RangeError);
	expect(create({ spares: 9 })).toThrow('spares');
	expect(create({ relay: 'relay.test' })).toThrow(expect.objectContaining({ code: 'URL_INVALID' }));
	expect(create({ endpoints: new Array(9).fill('ws://a.test/') })).toThrow('endpoints must have at most 8');
	expect(create({ endpoints: ['http://a.test/'] })).toThrow('endpoints and relays must be');
	expect(create({ relays: 'ws://a.test/' })).toThrow('relays must be a list');
	expect(create({ transports: [`${'x'.repeat(4_000)}`] })).toThrow('bytes together');
});
