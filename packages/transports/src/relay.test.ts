import { type Backoff, Connection, type Transport } from '@linkscope/core';
import { transportSuite } from '@linkscope/core/testing';
import { createIdentity, defaultPrimitives, type Identity } from '@linkscope/crypto';
import { createRelayServer, type RelayServer } from '@linkscope/relay-server';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createRelayListener, dialRelay, openRelay, type RelayCall, type RelayListenerOptions } from './relay.js';
import { tcpServer, wsServer } from './test-servers.js';

const newIdentity = (): Identity => createIdentity(defaultPrimitives());
const soon: Backoff = { next: (attempt) => Math.min(10 * 2 ** attempt, 200) };

let relay: RelayServer;
let url: string;

beforeAll(async () => {
	relay = createRelayServer({ port: 0 });
	({ url } = await relay.listen());
});

afterAll(() => relay.close());

/** Somebody who waits at the relay until the test ends. */
async function waiting(options: Partial<RelayListenerOptions> = {}) {
	const identity = options.identity ?? newIdentity();
	const listener = createRelayListener({ relay: url, identity, backoff: soon, ...options });
	listener.start();
	await vi.waitFor(() => expect(listener.waiting).toBe(options.spares ?? 2), 10_000);
	return { identity, listener };
}

function nextCall(listener: { onTransport: { once(fn: (call: RelayCall) => void): unknown } }): Promise<RelayCall> {
	return new Promise((resolve) => listener.onTransport.once(resolve));
}

describe('a transport through a relay', () => {
	transportSuite({
		test,
		// A caller waits at the relay until its transport is opened: nothing comes before.
		supports: { earlyFrames: false },
		pair: async () => {
			const { identity, listener } = await waiting({ spares: 1 });
			const acceptor = nextCall(listener).then(({ transport }) => transport);
			return { initiator: dialRelay(url, { identity: newIdentity(), target: identity.publicKey }), acceptor, dispose: () => listener.stop() };
		},
		unanswered: async () => {
			const { url: nobody } = await tcpServer();
			return { transport: dialRelay(nobody, { identity: newIdentity(), target: newIdentity().publicKey }) };
		},
	});
});

describe('a transport to a peer that does not answer', () => {
	transportSuite({
		test: (name, run) => (/^(opening|close)/.test(name) ? test(name, run) : undefined),
		pair: () => Promise.reject(new Error('not asked for')),
		unanswered: async () => {
			const { identity, listener } = await waiting({ spares: 1 });
			listener.onTransport.on(() => {});
			return { transport: dialRelay(url, { identity: newIdentity(), target: identity.publicKey }), dispose: () => listener.stop() };
		},
	});
});

describe('through a relay', () => {
	test('the peer is found, asked whether it is there, and reached over one connection', async () => {
		const { identity, listener } = await waiting({ endpoints: ['ws://127.0.0.1:1/'], transports: ['websocket'] });
		const me = newIdentity();
		const session = await openRelay(url, { identity: me, relayKey: relay.publicKey });
		expect(session.relayKey).toEqual(relay.publicKey);
		expect(await session.discover(newIdentity().publicKey)).toEqual({ registered: false, direct: [], relays: [], transports: [] });
		expect(await session.discover(identity.publicKey, { probe: true })).toEqual({
			registered: true,
			direct: ['ws://127.0.0.1:1/'],
			relays: [],
			transports: ['websocket'],
			alive: true,
		});
		const called = nextCall(listener);
		const near = new Connection(session.dial(identity.publicKey));
		const opening = near.open();
		const { transport, from } = await called;
		expect(from).toEqual(me.publicKey);
		const far = new Connection(transport, { initiator: false });
		await Promise.all([opening, far.open()]);
		const heard = new Promise((resolve) => far.onMessage.once(resolve));
		near.send('through the relay');
		expect(await heard).toBe('through the relay');
		await near.close('enough');
		await vi.waitFor(() => expect(far.closeInfo).toMatchObject({ code: 1000, reason: 'enough', initiatedBy: 'remote' }));
		listener.stop();
	});

	test('fifty callers, one after the other, each get a registration of their own', async () => {
		const { identity, listener } = await waiting();
		listener.onTransport.on(({ transport }) => {
			const connection = new Connection(transport, { initiator: false });
			connection.onMessage.on((message) => void connection.send(message));
			void connection.open();
		});
		for (let i = 0; i < 50; i++) {
			await vi.waitFor(() => expect(listener.waiting).toBeGreaterThan(0), 10_000);
			const near = new Connection(dialRelay(url, { identity: newIdentity(), target: identity.publicKey }));
			await near.open();
			const echoed = new Promise((resolve) => near.onMessage.once(resolve));
			near.send(`${i}`);
			expect(await echoed).toBe(`${i}`);
			near.terminate();
		}
		listener.stop();
	});

	test('nobody there, oneself, another relay, an origin that is not its own: each says so', async () => {
		const identity = newIdentity();
		const opening = (transport: Transport): Promise<void> => new Connection(transport).open();
		await expect(opening(dialRelay(url, { identity, target: newIdentity().publicKey }))).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
		await expect(opening(dialRelay(url, { identity, target: identity.publicKey }))).rejects.toMatchObject({ code: 'RELAY_SELF' });
		await expect(openRelay(url, { identity, relayKey: newIdentity().publicKey })).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
		const elsewhere = createRelayServer({ port: 0, publicUrls: ['wss://relay.example'] });
		onTestFinished(() => elsewhere.close());
		const { url: alias } = await elsewhere.listen();
		await expect(openRelay(alias, { identity })).rejects.toMatchObject({ code: 'RELAY_ORIGIN_UNKNOWN' });
		const refused = createRelayListener({ relay: alias, identity, backoff: soon });
		refused.start();
		await vi.waitFor(() => expect(refused).toMatchObject({ state: 'stopped', error: { code: 'RELAY_ORIGIN_UNKNOWN' } }));
	});

	test('what is no relay is found out: one that echoes, one that says too much, one that is not there', async () => {
		const identity = newIdentity();
		const { url: echo, server } = await wsServer();
		server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
		await expect(openRelay(echo, { identity })).rejects.toMatchObject({ code: 'PROTOCOL_ORDER' });
		const { url: loud, server: louder } = await wsServer();
		louder.on('connection', (socket) => socket.send('x'.repeat(2 * 1024 * 1024)));
		await expect(openRelay(loud, { identity })).rejects.toMatchObject({ code: 'MESSAGE_TOO_BIG' });
		await expect(openRelay('ws://127.0.0.1:9/', { identity })).rejects.toMatchObject({ code: 'OPEN_FAILED' });
	});

	test('a relay that takes fewer registrations than wanted is left with those it takes', async () => {
		const strict = createRelayServer({ port: 0, limits: { registrationsPerKey: 1 } });
		onTestFinished(() => strict.close());
		const { url: address } = await strict.listen();
		const errors: unknown[] = [];
		const identity = newIdentity();
		const listener = createRelayListener({ relay: address, identity, backoff: soon });
		onTestFinished(() => listener.stop());
		listener.onState.on(({ error }) => error && errors.push((error as { code?: string }).code));
		listener.onTransport.on(({ transport }) => transport.close(4000, 'seen'));
		listener.start();
		for (let i = 0; i < 3; i++) {
			await vi.waitFor(() => expect([listener.waiting, strict.counts.waiting]).toEqual([1, 1]), 10_000);
			const dialled = new Connection(dialRelay(address, { identity: newIdentity(), target: identity.publicKey }));
			await expect(dialled.open()).rejects.toThrow('4000');
		}
		expect(errors.filter((code, i) => code !== errors[i - 1])).toEqual(['RELAY_REPLACED']);
	});

	test('a relay that restarts is registered at again', async () => {
		const first = createRelayServer({ port: 0 });
		const { url: address, port } = await first.listen();
		const { identity, listener } = await waiting({ relay: address });
		await first.close();
		await vi.waitFor(() => expect(listener.waiting).toBe(0));
		const second = createRelayServer({ port });
		onTestFinished(() => second.close());
		await second.listen();
		await vi.waitFor(() => expect(listener.waiting).toBe(2), 10_000);
		const session = await openRelay(address, { identity: newIdentity() });
		expect(await session.discover(identity.publicKey)).toMatchObject({ registered: true });
		session.close();
		listener.stop();
		await vi.waitFor(() => expect(second.counts.waiting).toBe(0));
	});

	test('starting and stopping at any moment leaves nothing at the relay', async () => {
		const listener = createRelayListener({ relay: url, identity: newIdentity(), backoff: soon });
		for (let i = 0; i < 30; i++) {
			listener.start();
			for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setImmediate(resolve));
			listener.stop();
		}
		await vi.waitFor(() => expect(relay.counts).toMatchObject({ waiting: 0, connections: 0 }), 10_000);
	});
});
