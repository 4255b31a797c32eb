import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { type RunningRelay, startRelay } from './fixtures/relay.js';
import { createRelayServer } from './relay-server.js';

/** Two that are piped to each other. */
async function spliced({ url }: RunningRelay, Party: typeof NativeParty | typeof OneParty = NativeParty): Promise<[Client, Client]> {
	const [listener, dialler] = [new Party(), new Party()];
	const waiting = await listener.listen(url);
	const client = await dialler.dial(url, listener.key);
	await waiting.json();
	if (Party === OneParty) await waiting.json();
	waiting.send('ready');
	expect(await client.next()).toBe('ready');
	return [client, waiting];
}

/** The status of an upgrade that is refused, 101 for one that is not. */
function upgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
	return new Promise((resolve) => {
		const socket = new WebSocket(url, { headers });
		socket.on('open', () => resolve(101));
		socket.on('unexpected-response', (_, response) => resolve(response.statusCode as number));
		socket.on('error', () => {});
	});
}

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

describe('limits', () => {
	test('an upgrade that never ends is cut off after 10 s, and counted', async () => {
		const { http, clock, relay, metric } = await startRelay();
		const socket = connect(Number(new URL(http).port), '127.0.0.1');
		socket.on('error', () => {});
		const closed = new Promise((resolve) => socket.once('close', resolve));
		socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso');
		await expect.poll(() => relay.counts.remembered).toBe(2);
		await clock.run(9_999);
		expect(relay.counts.remembered).toBe(2);
		await clock.run(1);
		await closed;
		await expect.poll(() => relay.counts.remembered).toBe(0);
		expect(await metric('refusals_total{code="HANDSHAKE_TIMEOUT"}')).toBe(1);
	});

	test('a socket that says nothing is told so after 10 s', async () => {
		const { url, clock } = await startRelay();
		const client = await Client.dial(url);
		await client.isHeard();
		await clock.run(10_000);
		expect(await client.end()).toBe('4408 HANDSHAKE_TIMEOUT');
	});

	test('connections that do not upgrade are few', async () => {
		const { http, log } = await startRelay({ limits: { connectionsPerAddress: 1 } });
		const { port } = new URL(http);
		const silent = connect(Number(port), '127.0.0.1');
		await new Promise((resolve) => silent.once('connect', resolve));
		const second = connect(Number(port), '127.0.0.1');
		second.on('error', () => {});
		await new Promise((resolve) => second.once('close', resolve));
		silent.destroy();
		expect(log).toContainEqual(expect.objectContaining({ event: 'turned away', code: 'RELAY_QUOTA', address: '127.0.0.1' }));
	});

	test('connections of an address, their rate, and all of them', async () => {
		const perAddress = await startRelay({ limits: { connectionsPerAddress: 2 }, trustedProxies: 1 });
		const from = (address: string) => ({ 'x-forwarded-for': address });
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('192.0.2.1'))).toBe(503);
		expect(await upgrade(perAddress.url, from('192.0.2.2'))).toBe(101);
		expect(await upgrade(perAddress.url, from('2001:db8::1'))).toBe(101);
		expect(await upgrade(perAddress.url, from('2001:db8::2'))).toBe(101);
		// Another address of the same /64.
		expect(await upgrade(perAddress.url, from('2001:db8::3'))).toBe(503);
		expect(perAddress.relay.counts.connections).toBe(5);
		const text = JSON.stringify(perAddress.log);
		expect(text).toContain('2001:db8::3');

		const rate = await startRelay({ limits: { connectionsBurstPerAddress: 2 } });
		expect([await upgrade(rate.url), await upgrade(rate.url), await upgrade(rate.url)]).toEqual([101, 101, 429]);
		await rate.clock.run(10);
		expect(await upgrade(rate.url)).toBe(101);
		expect(await rate.metric('limits_total{limit="connectionsPerSecondPerAddress"}')).toBe(1);
		expect(await rate.metric('refusals_total{code="RELAY_RATE"}')).toBe(1);

		const all = await startRelay({ limits: { maxConnections: 1 } });
		expect([await upgrade(all.url), await upgrade(all.url)]).toEqual([101, 503]);
		expect(await all.metric('limits_total{limit="maxConnections"}')).toBe(1);
	});

	test('calls to one target', async () => {
		const { url, clock, metric } = await startRelay({ limits: { callsBurstPerTarget: 2, callsPerSecondPerTarget: 1 } });
		const target = new OneParty().key;
		const ends: string[] = [];
		for (let i = 0; i < 3; i++) ends.push(await (await new OneParty().dial(url, target)).end());
		expect(ends[2]).toBe('4429 RELAY_RATE');
		expect(ends[1]).toContain('No listening connection');
		await clock.run(1_000);
		expect(await (await new OneParty().dial(url, target)).end()).toContain('No listening connection');
		expect(await metric('limits_total{limit="callsPerSecondPerTarget"}')).toBe(1);
	});

	test.each([
		['port', { port: 70_000 }],
		['limits.registrationsPerKey', { limits: { registrationsPerKey: 0 } }],
		['limits.spliceBytes', { limits: { spliceBytes: -1 } }],
		['metricsToken', { metricsToken: 'short' }],
		['trustedProxies', { trustedProxies: -1 }],
		['publicUrls', { publicUrls: ['https://relay.example'] }],
		['publicUrls', { publicUrls: [] }],
	])('an option that makes no sense is named: %s', (name, options) => {
		expect(() => createRelayServer(options)).toThrow(name);
	});
});

describe('health and metrics', () => {
	test('health is ok until it drains', async () => {
		const { http, relay } = await startRelay();
		const response = await fetch(`${http}/health`);
		expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
		expect((await fetch(`${http}/else`)).status).toBe(426);
		expect((await fetch(`${http}/health`, { method: 'POST' })).status).toBe(405);
		await relay.close();
	});

	test('metrics are for this machine, or for who knows the token', async () => {
		const { http } = await startRelay({ metricsToken: 'a token of some length' });
		const statusFor = async (headers: Record<string, string>): Promise<number> => (await fetch(`${http}/metrics`, { headers })).status;
		expect(await statusFor({})).toBe(200);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1' })).toBe(403);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer wrong' })).toBe(403);
		expect(await statusFor({ 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer a token of some length' })).toBe(200);
	});

	test('registrations are counted by protocol, and no label is a key or an address', async () => {
		const { url, http, metric } = await startRelay();
		await new NativeParty().listen(url);
		const one = new OneParty();
		await one.listen(url);
		expect(await metric('waiting_registrations')).toBe(2);
		expect(await metric('connections')).toBe(2);
		expect(await metric('registrations_total{protocol="one"}')).toBe(1);
		expect(await metric('registrations_total{protocol="linkscope"}')).toBe(1);
		const text = await (await fetch(`${http}/metrics`)).text();
		expect(text).not.toContain(one.key);
		expect(text).not.toContain('127.0.0.1');
	});
});

describe('draining', () => {
	test('takes no more, sends away who waits, lets splices go on, and ends them when their time is up', async () => {
		const running = await startRelay({ drainTimeoutMs: 30_000 });
		const { relay, url, http, clock } = running;
		const [client, waiting] = await spliced(running);
		const [oneClient] = await spliced(running, OneParty);
		const native = await new NativeParty().listen(url);
		const one = await new OneParty().listen(url);
		const silent = await Client.dial(url);
		const drained = relay.drain();
		expect(await native.end()).toBe('1012 relay restarting');
		expect(await one.end()).toBe('1000 relay restarting');
		expect(await silent.end()).toBe('1012 relay restarting');
		expect(await upgrade(url)).toBe(503);
		const health = await fetch(`${http}/health`);
		expect([health.status, await health.json()]).toEqual([503, { status: 'draining' }]);
		client.send('still here');
		expect(await waiting.next()).toBe('still here');
		await clock.run(29_999);
		client.send('and here');
		expect(await waiting.next()).toBe('and here');
		await clock.run(1);
		expect(await waiting.end()).toBe('1012 relay restarting');
		expect(await oneClient.end()).toBe('1000 relay restarting');
		await drained;
		await expect(fetch(`${http}/health`)).rejects.toThrow();
		expect(relay.counts).toEqual({ connections: 0, waiting: 0, splices: 0, remembered: 0 });
		expect(clock.pending).toBe(0);
	});

	test('ends by itself when the last pair has parted', async () => {
		const running = await startRelay();
		const [client] = await spliced(running);
		const drained = running.relay.drain();
		client.socket.close();
		await drained;
		expect(running.clock.pending).toBe(0);
	});

	test('is over at once when it is closed meanwhile', async () => {
		const running = await startRelay();
		const [client, waiting] = await spliced(running);
		const drained = running.relay.drain();
		await running.relay.close();
		await drained;
		expect([await client.end(), await waiting.end()]).toEqual(['1012 relay restarting', '1012 relay restarting']);
		await expect(running.relay.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
	});

	test('a relay that never listened is closed as well', async () => {
		await createRelayServer({ port: 0 }).close();
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

test('a certificate that is none is named', async () => {
	const relay = createRelayServer({ port: 0, tls: { cert: 'none', key: 'neither' } });
	await expect(relay.listen()).rejects.toMatchObject({ code: 'TLS_UNREADABLE' });
	await relay.close();
});
