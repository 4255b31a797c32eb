import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Client } from '../fixtures/client.js';
import { type Fill, play } from '../fixtures/conversation.js';
import { NativeParty } from '../fixtures/native-party.js';
import { startRelay } from '../fixtures/relay.js';

/** The parties of a recorded conversation. */
function nativeParties(origin: string, relayKey: string): Fill {
	const parties: Record<string, NativeParty> = { L: new NativeParty(), D: new NativeParty() };
	return (name, captured) => {
		if (name === 'S') return relayKey;
		if (name === 'origin') return origin;
		const [, what, who = name] = /^(from|proof)(\w)$/.exec(name) ?? [];
		const party = parties[who] as NativeParty;
		if (what === 'from') return party.nonce;
		if (what !== 'proof') return party.key;
		return party.sign({ role: who as 'L' | 'D', origin, relayNonce: captured.get(`to${who}`) as string, ...(who === 'D' && { relayKey }) });
	};
}

const b64u = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

test('a listener and a dialler meet, frame by frame as recorded', async () => {
	const running = await startRelay();
	await play('native-listener-and-dialler.txt', running, nativeParties(running.url, b64u(running.relay.publicKey)));
	await expect.poll(() => running.relay.counts).toMatchObject({ connections: 0, waiting: 0, splices: 0 });
});

test('a relay that is pinned signs for the nonce, the origin and the key of who asks', async () => {
	const { url, relay } = await startRelay();
	const party = new NativeParty();
	const client = await Client.dial(url);
	const relayKey = b64u(relay.publicKey);
	client.say({ ...party.hello(url), relay: relayKey });
	const challenge = await client.json();
	const nonce = Buffer.from(challenge.nonce as string, 'base64url');
	const length = Buffer.from([0, url.length]);
	const [own, mine] = [party.nonce, party.key].map((text) => Buffer.from(text, 'base64url')) as [Buffer, Buffer];
	const signed = Buffer.concat([Buffer.from('linkscope/1 relay\0S'), length, Buffer.from(url), relay.publicKey, nonce, own, mine]);
	const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: relayKey } });
	expect(verify(null, signed, key, Buffer.from(challenge.signature as string, 'base64url'))).toBe(true);
});

describe('who proves nothing is refused', () => {
	type Spoil = (hello: Record<string, unknown>) => Record<string, unknown>;
	const hellos: [string, Spoil, string][] = [
		['a version nobody knows', (hello) => ({ ...hello, v: 2 }), '4401 AUTH_FAILED'],
		['the origin of another relay', (hello) => ({ ...hello, origin: 'wss://other.example:443' }), '4401 RELAY_ORIGIN_UNKNOWN'],
		['the pin of another relay', (hello) => ({ ...hello, relay: new NativeParty().key }), '4401 PEER_MISMATCH'],
		['a key that is too short', (hello) => ({ ...hello, key: 'AAAA' }), '4400 MALFORMED_FRAME'],
		['a nonce that is too long', (hello) => ({ ...hello, nonce: 'A'.repeat(44) }), '4400 MALFORMED_FRAME'],
		['no origin', ({ origin: _, ...hello }) => hello, '4400 MALFORMED_FRAME'],
		['another first message', () => ({ type: 'relay_proof' }), '4402 PROTOCOL_ORDER'],
		['a value that is an object', (hello) => ({ ...hello, more: {} }), '4400 MALFORMED_FRAME'],
	];
	test.each(hellos)('at hello: %s', async (_, spoil, expected) => {
		const { url, metric } = await startRelay();
		const client = await Client.dial(url);
		client.say(spoil(new NativeParty().hello(url)));
		expect(await client.end()).toBe(expected);
		expect(await metric(`refusals_total{code="${expected.slice(5)}"}`)).toBe(1);
	});

	type SpoilProof = (party: NativeParty, origin: string, relayNonce: string) => object;
	const proofs: [string, SpoilProof, string][] = [
		[
			'a proof for the other role',
			(party, origin, relayNonce) => ({ role: 'listener', signature: party.sign({ role: 'D', origin, relayNonce }) }),
			'4401 AUTH_FAILED',
		],
		[
			'a proof of somebody else',
			(_, origin, relayNonce) => ({ role: 'dialler', signature: new NativeParty().sign({ role: 'D', origin, relayNonce }) }),
			'4401 AUTH_FAILED',
		],
		[
			'a proof for another origin',
			(party, _, relayNonce) => ({ role: 'dialler', signature: party.sign({ role: 'D', origin: 'ws://x:1', relayNonce }) }),
			'4401 AUTH_FAILED',
		],
		[
			'a proof with a pin that was not in the hello',
			(party, origin, relayNonce) => ({ role: 'dialler', signature: party.sign({ role: 'D', origin, relayNonce, relayKey: party.key }) }),
			'4401 AUTH_FAILED',
		],
		['no role', (party, origin, relayNonce) => ({ signature: party.sign({ role: 'D', origin, relayNonce }) }), '4400 MALFORMED_FRAME'],
		['a signature cut short', () => ({ role: 'dialler', signature: 'AA' }), '4400 MALFORMED_FRAME'],
		[
			'nine endpoints',
			(party, origin, relayNonce) => ({ role: 'listener', signature: party.sign({ role: 'L', origin, relayNonce }), endpoints: Array(9).fill('wss://a/') }),
			'4400 MALFORMED_FRAME',
		],
	];
	test.each(proofs)('at the proof: %s', async (_, spoil, expected) => {
		const { url, relay } = await startRelay();
		const party = new NativeParty();
		const client = await Client.dial(url);
		client.say(party.hello(url));
		client.say({ type: 'relay_proof', ...spoil(party, url, (await client.json()).nonce as string) });
		expect(await client.end()).toBe(expected);
		expect(relay.counts.waiting).toBe(0);
	});

	test('a recorded proof is worth nothing on another connection', async () => {
		const { url } = await startRelay();
		const party = new NativeParty();
		const [first, second] = [await Client.dial(url), await Client.dial(url)];
		first.say(party.hello(url));
		second.say(party.hello(url));
		const proof = {
			type: 'relay_proof',
			role: 'listener',
			signature: party.sign({ role: 'L', origin: url, relayNonce: (await first.json()).nonce as string }),
		};
		first.say(proof);
		expect(await first.json()).toMatchObject({ type: 'relay_registered' });
		await second.json();
		second.say(proof);
		expect(await second.end()).toBe('4401 AUTH_FAILED');
	});

	test("another relay's challenge, handed on: the answer names the origin that was dialled, and is worth nothing here", async () => {
		const honest = await startRelay();
		const party = new NativeParty();
		// The party dialled a hostile relay, which talks to the honest one in its name.
		const hostileOrigin = 'ws://127.0.0.1:9';
		const forwarded = await Client.dial(honest.url);
		forwarded.say(party.hello(hostileOrigin));
		expect(await forwarded.end()).toBe('4401 RELAY_ORIGIN_UNKNOWN');
		const changed = await Client.dial(honest.url);
		changed.say(party.hello(honest.url));
		const relayNonce = (await changed.json()).nonce as string;
		changed.say({ type: 'relay_proof', role: 'listener', signature: party.sign({ role: 'L', origin: hostileOrigin, relayNonce }) });
		expect(await changed.end()).toBe('4401 AUTH_FAILED');
		expect(honest.relay.counts.waiting).toBe(0);
		expect(await honest.metric('refusals_total{code="AUTH_FAILED"}')).toBe(1);
	});
});

describe('a dialler', () => {
	test('that asks for nobody who waits is told so', async () => {
		const { url, metric } = await startRelay();
		const client = await new NativeParty().dial(url, new NativeParty().key);
		expect(await client.end()).toBe('4404 NOT_REGISTERED');
		expect(await metric('calls_total{protocol="linkscope",outcome="NOT_REGISTERED"}')).toBe(1);
	});

	test('that asks for itself is refused, and its own registration waits on', async () => {
		const { url, relay, metric } = await startRelay();
		const party = new NativeParty();
		await party.listen(url);
		expect(await (await party.dial(url, party.key)).end()).toBe('4400 RELAY_SELF');
		expect(relay.counts.waiting).toBe(1);
		expect(await metric('refusals_total{code="RELAY_SELF"}')).toBe(1);
	});

	test.each([
		['a target that is no key', { type: 'relay_dial', target: 'AAAA' }, '4400 MALFORMED_FRAME'],
		['no target', { type: 'relay_dial' }, '4400 MALFORMED_FRAME'],
		['a probe that is no boolean', { type: 'discover', target: new NativeParty().key, probe: 'yes' }, '4400 MALFORMED_FRAME'],
		['a message nobody knows', { type: 'relay_hello' }, '4402 PROTOCOL_ORDER'],
	])('that sends %s is refused, and uses up nothing', async (_, message, expected) => {
		const { url, relay } = await startRelay();
		await new NativeParty().listen(url);
		const client = await new NativeParty().prove(url, 'dialler');
		client.say(message);
		expect(await client.end()).toBe(expected);
		expect(relay.counts.waiting).toBe(1);
	});

	test('may discover eight times on one connection', async () => {
		const { url } = await startRelay();
		const client = await new NativeParty().prove(url, 'dialler');
		const target = new NativeParty().key;
		for (let i = 0; i < 9; i++) client.say({ type: 'discover', target });
		for (let i = 0; i < 8; i++) expect(await client.json()).toMatchObject({ type: 'endpoints', registered: false });
		expect(await client.end()).toBe('4413 RELAY_QUOTA');
	});

	test('is told that a target does not answer', async () => {
		const { url, clock } = await startRelay();
		const listener = new NativeParty();
		await listener.listen(url);
		const client = await new NativeParty().prove(url, 'dialler');
		client.say({ type: 'discover', target: listener.key, probe: true });
		await expect.poll(() => clock.run(3_000).then(() => client.count)).toBe(1);
		expect(await client.json()).toMatchObject({ registered: true, alive: false });
	});

	test('has ten seconds for all it has to ask', async () => {
		const { url, clock, metric } = await startRelay();
		const client = await new NativeParty().prove(url, 'dialler');
		await client.isHeard();
		await clock.run(10_000);
		expect(await client.end()).toBe('4408 HANDSHAKE_TIMEOUT');
		expect(await metric('refusals_total{code="HANDSHAKE_TIMEOUT"}')).toBe(1);
	});
});
