import { describe, expect, test } from 'vitest';
import { Client } from '../fixtures/client.js';
import { type Fill, play } from '../fixtures/conversation.js';
import { hex, OneParty } from '../fixtures/one-party.js';
import { startRelay } from '../fixtures/relay.js';

const NO_MESSAGE = '1000 Close called: Received data does not match the data of a client message.';
const NOT_AUTHENTICATED = '1000 Close called: Client authentication failed.';
const NOBODY = '1000 Close called: No listening connection for the specified publicKey.';

/** The parties of a recorded conversation; M is another connection of L. */
function oneParties(relayKey: Uint8Array): Fill {
	const parties = new Map<string, OneParty>();
	const partyOf = (who: string): OneParty => {
		const name = who === 'M' ? 'L' : who;
		const party = parties.get(name) ?? new OneParty();
		parties.set(name, party);
		return party;
	};
	return (name, captured) => {
		if (name === 'S') return hex(relayKey);
		const [, what, who = name] = /^(answer|echo)(\w)$/.exec(name) ?? [];
		const challenge = captured.get(`challenge${who}`) as string;
		if (what === 'echo') return challenge;
		return what === 'answer' ? partyOf(who).answer(challenge, hex(relayKey)) : partyOf(who).key;
	};
}

describe('as recorded, frame by frame', () => {
	test.each(['one-listener-and-initiator.txt', 'one-spares-and-refusals.txt'])('%s', async (name) => {
		const running = await startRelay();
		await play(name, running, oneParties(running.relay.onePublicKey));
		await expect.poll(() => running.relay.counts.waiting).toBe(0);
	});
});

describe('a listener', () => {
	test('gets a challenge of 64 random bytes, sealed for it, and another one each time', async () => {
		const { url } = await startRelay();
		const party = new OneParty();
		const [first, second] = [await party.asked(url), await party.asked(url)];
		expect(first.challenge).toHaveLength(208);
		expect(first.challenge).not.toBe(second.challenge);
	});

	test.each([
		['what it was sent', (_: OneParty, challenge: string) => challenge],
		['the challenge without its inversion', (party: OneParty, challenge: string, key: string) => party.seal(party.open(challenge, key), key)],
		['the answer of another key', (_: OneParty, __: string, key: string) => new OneParty().seal(new Uint8Array(64), key)],
		['one byte too few', (party: OneParty, challenge: string, key: string) => party.answer(challenge, key).slice(2), NO_MESSAGE],
		['no hex', (party: OneParty, challenge: string, key: string) => `zz${party.answer(challenge, key).slice(2)}`, NO_MESSAGE],
	])('that answers with %s does not wait', async (_, answer, expected = NOT_AUTHENTICATED) => {
		const { url, relay } = await startRelay();
		const party = new OneParty();
		const { client, challenge, relayKey } = await party.asked(url);
		client.say({ command: 'authentication_response', response: answer(party, challenge, relayKey) });
		expect(await client.end()).toBe(expected);
		expect(relay.counts.waiting).toBe(0);
	});

	test("that answers another connection's challenge, or its own once more, does not wait", async () => {
		const { url, metric } = await startRelay();
		const party = new OneParty();
		const [first, second] = [await party.asked(url), await party.asked(url)];
		const response = party.answer(first.challenge, first.relayKey);
		first.client.say({ command: 'authentication_response', response });
		expect(await first.client.json()).toEqual({ command: 'authentication_success', pingInterval: 25000 });
		second.client.say({ command: 'authentication_response', response });
		expect(await second.client.end()).toBe(NOT_AUTHENTICATED);
		expect(await metric('refusals_total{code="AUTH_FAILED"}')).toBe(1);
	});

	// What holds against it: a party that knows the key of its relay, as ours can, answers no challenge in another's name.
	test('whose relay is hostile and hands on the challenge of another waits there too: the answer names no relay', async () => {
		const honest = await startRelay();
		const party = new OneParty();
		const { client: hostile, challenge, relayKey } = await party.asked(honest.url);
		hostile.say({ command: 'authentication_response', response: party.answer(challenge, relayKey) });
		expect(await hostile.json()).toMatchObject({ command: 'authentication_success' });
		expect(honest.relay.counts.waiting).toBe(1);
	});

	test('whose hostile relay hands on a challenge in its own name cannot even open it', async () => {
		const [honest, hostile] = [await startRelay(), await startRelay()];
		const party = new OneParty();
		const { challenge } = await party.asked(honest.url);
		expect(party.open(challenge, hex(hostile.relay.onePublicKey))).toBeNull();
	});

	test('whose key is of small order is refused before anything is sealed with it', async () => {
		const { url } = await startRelay();
		const client = await Client.dial(url);
		client.say({ command: 'register', publicKey: '00'.repeat(32) });
		expect(await client.end()).toBe(NOT_AUTHENTICATED);
	});

	test('is pinged 25 s after it began to wait and after each answer, and given up 26 s after a ping', async () => {
		const { url, relay, clock, metric } = await startRelay();
		const client = await new OneParty().listen(url);
		await clock.run(24_999);
		await client.isHeard();
		expect(client.count).toBe(0);
		await clock.run(1);
		expect(await client.json()).toEqual({ command: 'ping' });
		await clock.run(10_000);
		client.say({ command: 'pong' });
		await client.isHeard();
		await clock.run(24_999);
		await client.isHeard();
		expect(client.count).toBe(0);
		await clock.run(1);
		expect(await client.json()).toEqual({ command: 'ping' });
		await clock.run(25_999);
		expect(relay.counts.waiting).toBe(1);
		await clock.run(1);
		expect(await client.end()).toBe('4408 HEARTBEAT_TIMEOUT');
		expect(relay.counts.waiting).toBe(0);
		expect(await metric('refusals_total{code="HEARTBEAT_TIMEOUT"}')).toBe(1);
	});

	test.each([
		['an answer that nobody asked for', '{"command":"pong"}', NO_MESSAGE],
		['another registration', '{"command":"register","publicKey":""}', NO_MESSAGE],
		['no JSON', '{', NO_MESSAGE],
		['bytes', Uint8Array.of(1), NO_MESSAGE],
		['more than 4 KiB', `{"command":"pong","x":"${'x'.repeat(4096)}"}`, NO_MESSAGE],
	])('that sends %s while it waits is refused in words of ONE', async (_, frame, expected) => {
		const { url, relay } = await startRelay();
		const client = await new OneParty().listen(url);
		client.send(frame);
		expect(await client.end()).toBe(expected);
		expect(relay.counts.waiting).toBe(0);
	});
});

describe('an initiator', () => {
	const key = new OneParty().key;
	test.each([
		['a source key that is none', { sourcePublicKey: 'ab' }, NO_MESSAGE],
		['no source key', { sourcePublicKey: undefined }, NO_MESSAGE],
		['a source key of small order', { sourcePublicKey: '00'.repeat(32) }, NOT_AUTHENTICATED],
		['a target that is none', { targetPublicKey: 'x'.repeat(64) }, NO_MESSAGE],
		['a target nobody knows', { targetPublicKey: new OneParty().key }, NOBODY],
	])('with %s is refused, and uses up no registration', async (_, change, expected) => {
		const { url, relay } = await startRelay();
		const listener = new OneParty();
		await listener.listen(url);
		const client = await Client.dial(url);
		client.say({ command: 'communication_request', sourcePublicKey: key, targetPublicKey: listener.key, ...change });
		expect(await client.end()).toBe(expected);
		expect(relay.counts.waiting).toBe(1);
	});

	test('that asks for itself is refused', async () => {
		const { url, relay, metric } = await startRelay();
		const party = new OneParty();
		await party.listen(url);
		expect(await (await party.dial(url, party.key)).end()).toBe('4400 RELAY_SELF');
		expect(relay.counts.waiting).toBe(1);
		expect(await metric('refusals_total{code="RELAY_SELF"}')).toBe(1);
	});

	test('finds a listener whatever the case of the hex', async () => {
		const { url } = await startRelay();
		const [listener, initiator] = [new OneParty(), new OneParty()];
		const waiting = await listener.listen(url);
		await initiator.dial(url, listener.key.toUpperCase());
		expect(await waiting.json()).toEqual({ command: 'connection_handover' });
		expect(await waiting.json()).toEqual({ command: 'communication_request', sourcePublicKey: initiator.key, targetPublicKey: listener.key });
	});

	test('that asks behind an outstanding ping waits for its answer, which nobody takes for a word of the listener', async () => {
		const { url, clock } = await startRelay();
		const listener = new OneParty();
		const waiting = await listener.listen(url);
		await clock.run(25_000);
		expect(await waiting.json()).toEqual({ command: 'ping' });
		const client = await new OneParty().dial(url, listener.key);
		await expect.poll(() => client.count).toBe(0);
		waiting.say({ command: 'pong' });
		expect(await waiting.json()).toEqual({ command: 'connection_handover' });
		await waiting.json();
		waiting.say({ command: 'communication_ready' });
		expect(await client.json()).toEqual({ command: 'communication_ready' });
	});
});

test('first frames that belong to no protocol are refused', async () => {
	const { url } = await startRelay();
	for (const [frame, expected] of [
		['not JSON', '4400 MALFORMED_FRAME'],
		['[]', '4400 MALFORMED_FRAME'],
		['{}', NO_MESSAGE],
		['{"command":"register","command":"register"}', '4400 MALFORMED_FRAME'],
		['{"type":"frobnicate"}', '4402 PROTOCOL_ORDER'],
	] as const) {
		const client = await Client.dial(url);
		client.send(frame);
		expect(await client.end(), frame).toBe(expected);
	}
});

test('a relay can keep to the native protocol', async () => {
	const { url, metric } = await startRelay({ one: false });
	const client = await Client.dial(url);
	client.say({ command: 'register', publicKey: new OneParty().key });
	expect(await client.end()).toBe('4402 RELAY_ONE_OFF');
	expect(await metric('refusals_total{code="RELAY_ONE_OFF"}')).toBe(1);
});
