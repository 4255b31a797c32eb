import { expect, test } from 'vitest';
import type { Client } from './fixtures/client.js';
import { NativeParty } from './fixtures/native-party.js';
import { OneParty } from './fixtures/one-party.js';
import { startRelay } from './fixtures/relay.js';

const REPLACED = '1000 Close called: New connection replaced old one';

/** Answers to every ping. */
function alive(client: Client): Client {
	client.socket.on('message', (data) => {
		if (String(data) === '{"type":"relay_ping"}') client.say({ type: 'relay_pong' });
	});
	return client;
}

/** Until a call has taken the only registration of a key. */
async function isTaken(url: string, key: string): Promise<void> {
	await expect
		.poll(async () => {
			const asker = await new NativeParty().prove(url, 'dialler');
			asker.say({ type: 'discover', target: key });
			return (await asker.json()).registered;
		})
		.toBe(false);
}

test('the newest registration of a key is called first', async () => {
	const { url, clock } = await startRelay();
	const [listener, dialler] = [new NativeParty(), new NativeParty()];
	const older = await listener.listen(url);
	await clock.run(1);
	const newer = await listener.listen(url);
	await dialler.dial(url, listener.key);
	expect(await newer.json()).toEqual({ type: 'relay_incoming', from: dialler.key });
	await dialler.dial(url, listener.key);
	expect(await older.json()).toEqual({ type: 'relay_incoming', from: dialler.key });
});

test('one that has a ping to answer is called after one that has none', async () => {
	const { url, clock } = await startRelay();
	const listener = new NativeParty();
	const older = alive(await listener.listen(url));
	await clock.run(5_000);
	const newer = await listener.listen(url);
	await clock.run(20_000);
	expect(await older.json()).toEqual({ type: 'relay_ping' });
	await older.isHeard();
	await clock.run(5_000);
	expect(await newer.json()).toEqual({ type: 'relay_ping' });
	await new NativeParty().dial(url, listener.key);
	expect(await older.json()).toMatchObject({ type: 'relay_incoming' });
	expect(newer.count).toBe(0);
});

test('one that does not answer its ping within 3 s of a call is passed over, and stays until its own time is up', async () => {
	const { url, clock, relay } = await startRelay();
	const listener = new NativeParty();
	await listener.listen(url);
	await clock.run(25_000);
	const client = await new NativeParty().dial(url, listener.key);
	await isTaken(url, listener.key);
	await clock.run(3_000);
	expect(await client.end()).toBe('4404 NOT_REGISTERED');
	expect(relay.counts.waiting).toBe(1);
	await clock.run(22_999);
	expect(relay.counts.waiting).toBe(1);
	await clock.run(1);
	expect(relay.counts.waiting).toBe(0);
});

test('a caller whose time is up while the answer to a ping is awaited uses up nothing', async () => {
	const { url, clock } = await startRelay({ limits: { handshakeTimeoutMs: 2_000 } });
	const listener = new NativeParty();
	const waiting = await listener.listen(url);
	await clock.run(25_000);
	expect(await waiting.json()).toEqual({ type: 'relay_ping' });
	const late = await new NativeParty().dial(url, listener.key);
	await isTaken(url, listener.key);
	await clock.run(2_000);
	expect(await late.end()).toBe('4408 HANDSHAKE_TIMEOUT');
	waiting.say({ type: 'relay_pong' });
	await waiting.isHeard();
	const next = new NativeParty();
	await next.dial(url, listener.key);
	expect(await waiting.json()).toEqual({ type: 'relay_incoming', from: next.key });
});

test('a listener that was called behind a ping is never pinged again', async () => {
	const { url, clock } = await startRelay({ limits: { handshakeTimeoutMs: 2_000 } });
	const listener = new NativeParty();
	const waiting = await listener.listen(url);
	await clock.run(25_000);
	await waiting.json();
	await new NativeParty().dial(url, listener.key);
	await isTaken(url, listener.key);
	waiting.say({ type: 'relay_pong' });
	expect(await waiting.json()).toMatchObject({ type: 'relay_incoming' });
	// Nothing of the relay any more.
	await clock.run(100_000);
	await waiting.isHeard();
	expect(waiting.count).toBe(0);
});

test.each([1, 2, 3])('of three callers at once, %i registrations serve as many, and the others are told', async (count) => {
	const { url, metric } = await startRelay();
	const listener = new NativeParty();
	const waiting = await Promise.all(Array.from({ length: count }, () => listener.listen(url)));
	const callers = [new NativeParty(), new NativeParty(), new NativeParty()];
	const clients = await Promise.all(callers.map((caller) => caller.prove(url, 'dialler')));
	for (const client of clients) client.say({ type: 'relay_dial', target: listener.key });
	const called = await Promise.all(waiting.map((client) => client.json()));
	expect(new Set(called.map(({ from }) => from)).size).toBe(count);
	for (const [index, caller] of callers.entries()) {
		if (!called.some(({ from }) => from === caller.key)) expect(await clients[index]?.end()).toBe('4404 NOT_REGISTERED');
	}
	expect(await metric('calls_total{protocol="linkscope",outcome="local"}')).toBe(count);
});

test('beyond the limit of its key the oldest makes room, in both protocols', async () => {
	const { url, relay, clock, metric } = await startRelay({ limits: { registrationsPerKey: 2 } });
	for (const party of [new NativeParty(), new OneParty()]) {
		const clients: Client[] = [];
		for (let i = 0; i < 3; i++) {
			clients.push(await party.listen(url));
			await clock.run(1);
		}
		expect(await clients[0]?.end()).toBe(REPLACED);
		expect(clients[1]?.count).toBe(0);
	}
	await expect.poll(() => relay.counts.waiting).toBe(4);
	expect(await metric('limits_total{limit="registrationsPerKey"}')).toBe(2);
});

test('an address has a limit of its own', async () => {
	const { url, relay, metric } = await startRelay({ limits: { registrationsPerAddress: 1 } });
	await new NativeParty().listen(url);
	await expect(new OneParty().listen(url)).rejects.toThrow('4413 RELAY_QUOTA');
	expect(relay.counts.waiting).toBe(1);
	expect(await metric('limits_total{limit="registrationsPerAddress"}')).toBe(1);
	expect(await metric('refusals_total{code="RELAY_QUOTA"}')).toBe(1);
});

test('who comes and goes without being called is refused after 20 times, and taken again a second later', async () => {
	const { url, relay, clock, metric } = await startRelay();
	const party = new NativeParty();
	for (let i = 0; i < 20; i++) {
		const client = await party.listen(url);
		client.socket.close();
		await expect.poll(() => relay.counts.waiting).toBe(0);
	}
	await expect(party.listen(url)).rejects.toThrow('4429 RELAY_RATE');
	expect(await metric('limits_total{limit="flapping"}')).toBe(1);
	await clock.run(1_000);
	await party.listen(url);
	expect(relay.counts.waiting).toBe(1);
	// Others are not concerned.
	await new NativeParty().listen(url);
	expect(relay.counts.waiting).toBe(2);
});

test('a key of one protocol is never called by the other', async () => {
	const { url } = await startRelay();
	const native = new NativeParty();
	await native.listen(url);
	const client = await new OneParty().dial(url, Buffer.from(native.key, 'base64url').toString('hex'));
	expect(await client.end()).toContain('No listening connection');
});
