import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import nacl from 'tweetnacl';
import { describe, expect, test } from 'vitest';
import { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';
import { spliced } from './fixtures/spliced.js';
import { createRelayServer } from './relay-server.js';

function rawSocket(client: Client): Socket {
	return (client.socket as unknown as { _socket: Socket })._socket;
}

describe('what two say to each other', () => {
	test('behind the call is ordered and complete, however long the target takes', async () => {
		const { url, clock } = await startRelay();
		const listener = new NativeParty();
		const waiting = await listener.listen(url);
		await clock.run(25_000);
		expect(await waiting.json()).toEqual({ type: 'relay_ping' });
		const client = await new NativeParty().prove(url, 'dialler');
		client.say({ type: 'relay_dial', target: listener.key });
		for (let i = 0; i < 2_000; i++) client.send(i % 2 === 0 ? String(i) : Buffer.from(String(i).padStart(200)));
		await expect.poll(() => client.socket.bufferedAmount).toBeLessThan(300_000);
		waiting.say({ type: 'relay_pong' });
		expect(await waiting.json()).toMatchObject({ type: 'relay_incoming' });
		for (let i = 0; i < 2_000; i++) {
			const frame = await waiting.next();
			expect(typeof frame === 'string' ? 0 : 1).toBe(i % 2);
			expect(Number(typeof frame === 'string' ? frame : Buffer.from(frame as Uint8Array).toString())).toBe(i);
		}
	});

	test.each([
		['native', NativeParty, '1014 peer connection lost'],
		['ONE', OneParty, '1000 peer connection lost'],
	] as const)('ends for the other at once when one is cut off, with no timer waited for: %s', async (_, Party, expected) => {
		const running = await startRelay();
		const [client, waiting] = await spliced(running, Party);
		rawSocket(client).resetAndDestroy();
		expect(await waiting.end()).toBe(expected);
		expect(await running.metric('splice_ends_total{cause="lost",by="dialler"}')).toBe(1);
	});

	test('is counted', async () => {
		const running = await startRelay();
		const [client, waiting] = await spliced(running);
		client.send(new Uint8Array(1_000));
		await waiting.next();
		expect(await running.metric('splices')).toBe(1);
		expect(await running.metric('spliced_bytes_total')).toBe(1_000 + 'ready'.length);
		client.socket.close(4321, 'enough');
		expect(await waiting.end()).toBe('4321 enough');
		await expect.poll(() => running.metric('splices')).toBe(0);
		expect(await running.metric('spliced_bytes_total')).toBe(1_000 + 'ready'.length);
		expect(await running.metric('splice_ends_total{cause="closed",by="dialler"}')).toBe(1);
	});

	test('may be bounded in time and volume', async () => {
		const running = await startRelay({ limits: { spliceDurationMs: 60_000, spliceBytes: 100 } });
		const [longest] = await spliced(running);
		await running.clock.run(60_000);
		expect(await longest.end()).toBe('4413 RELAY_QUOTA');
		const [, waiting] = await spliced(running);
		waiting.send(new Uint8Array(101));
		expect(await waiting.end()).toBe('4413 RELAY_QUOTA');
		expect(await running.metric('splice_ends_total{cause="limit",by="relay"}')).toBeGreaterThan(0);
	});

	test('a frame beyond the limit ends it', async () => {
		const running = await startRelay({ limits: { maxFrameBytes: 1_000 } });
		const [client, waiting] = await spliced(running);
		client.send(new Uint8Array(1_001));
		expect(await waiting.end()).toBe('4409 MESSAGE_TOO_BIG');
		expect(await running.metric('splice_ends_total{cause="too-big",by="dialler"}')).toBe(1);
	});
});

test('the log tells what happened, in lines that hold no key, no challenge and no text of a peer as it came', async () => {
	const running = await startRelay();
	const { url, log } = running;
	const [listener, dialler, one] = [new NativeParty(), new NativeParty(), new OneParty()];
	const waiting = await listener.listen(url);
	const client = await dialler.dial(url, listener.key);
	await waiting.json();
	client.socket.close(4000, '\u202e\n\u001b[31mevil\u2028');
	await waiting.end();
	await one.listen(url);
	const { challenge } = await one.asked(url);
	await (await one.dial(url, listener.key.slice(0, 3))).end();
	await expect.poll(() => log.map(({ event }) => event)).toContain('splice ended');
	expect(log.map(({ event }) => event)).toEqual(expect.arrayContaining(['listening', 'registered', 'call', 'refused', 'splice ended']));
	const text = log.map((entry) => JSON.stringify(entry)).join('\n');
	for (const secret of [listener.key, dialler.key, one.key, challenge, listener.nonce]) expect(text).not.toContain(secret);
	expect(text).toContain('\\\\u{202e}\\\\u{a}\\\\u{1b}[31mevil\\\\u{2028}');
	expect(log.find(({ event }) => event === 'registered')).toMatchObject({
		at: '2026-01-01T00:00:00.000Z',
		level: 'info',
		key: expect.stringMatching(/^linkscope:[0-9a-z]{4}-/),
	});
});

test('a sink that throws ends nobody', async () => {
	const running = await startRelay({
		log: () => {
			throw new Error('disk full');
		},
	});
	await spliced(running);
	expect(running.relay.counts.splices).toBe(1);
});

test('one identity is one relay in both protocols', async () => {
	const identity = createIdentity(defaultPrimitives());
	const { relay } = await startRelay({ identity });
	expect(relay.publicKey).toEqual(identity.publicKey);
	expect(relay.fingerprint).toBe(identity.fingerprint);
	const secret = createHash('sha256')
		.update(identity.sign(Buffer.from('linkscope relay ONE key')))
		.digest();
	expect(relay.onePublicKey).toEqual(nacl.box.keyPair.fromSecretKey(new Uint8Array(secret)).publicKey);
});

test('nothing is left of whoever came and went', async () => {
	const running = await startRelay();
	const { url, relay, clock } = running;
	for (const Party of [NativeParty, OneParty]) {
		const [client] = await spliced(running, Party);
		client.socket.close();
		const [reset] = await spliced(running, Party);
		rawSocket(reset).resetAndDestroy();
		const left = await new Party().listen(url);
		left.socket.terminate();
		await (await new Party().dial(url, new Party().key)).end();
	}
	const asking = await new NativeParty().prove(url, 'dialler');
	asking.socket.terminate();
	(await Client.dial(url)).socket.terminate();
	await expect.poll(() => relay.counts).toMatchObject({ connections: 0, waiting: 0, splices: 0 });
	// What the rate limits remember is over when their buckets are full again.
	await clock.run(60_000);
	expect(relay.counts.remembered).toBe(0);
	expect(clock.pending).toBe(0);
});

test.each([
	['none', { cert: 'none', key: 'neither' }],
	['empty', { cert: '', key: '' }],
	['left out', {} as { cert: string; key: string }],
])('a certificate that is %s is named', async (_, tls) => {
	const relay = createRelayServer({ port: 0, tls });
	await expect(relay.listen()).rejects.toMatchObject({ code: 'TLS_UNREADABLE' });
	await relay.close();
});
