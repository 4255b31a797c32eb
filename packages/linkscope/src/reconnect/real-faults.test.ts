import { type Clock, type Connection, every, type Payload, systemClock } from '@linkscope/core';
import { NetworkMonitor, type NetworkStatus, PingPongPlugin } from '@linkscope/plugins';
import type { ReconnectingLink } from '@linkscope/resilience';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ContinuitySessions, connect, createIdentity, type Listener, type ListenOptions, listen } from '../index.js';
import { FaultyProxy } from './fixtures/faulty-proxy.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

let server: Listener;
let accepted: Connection[];
let received: string[];
let proxy: FaultyProxy;

async function serve(options: Partial<ListenOptions> = {}): Promise<void> {
	server = await listen({
		onConnection(connection) {
			accepted.push(connection);
			connection.onMessage.on((message) => received.push(String(message)));
		},
		closeTimeoutMs: 100,
		...options,
	});
}

beforeEach(async () => {
	accepted = [];
	received = [];
	await serve();
	proxy = await new FaultyProxy(() => server.port).open();
	cleanUp.push(
		() => server.close(),
		() => proxy.close(),
	);
});

async function linked(options: object = {}): Promise<ReconnectingLink> {
	const link = await connect(proxy.url, { reconnect: true, closeTimeoutMs: 200, ...options });
	cleanUp.push(() => link.close());
	return link;
}

const until = (state: string, link: ReconnectingLink) => vi.waitFor(() => expect(link.state).toBe(state), { timeout: 5_000, interval: 5 });

test('a server that is killed and comes back is found again, and what was sent meanwhile arrives', async () => {
	const link = await linked();
	link.send('before');
	await vi.waitFor(() => expect(received).toEqual(['before']));
	await proxy.close();
	await until('RECONNECTING', link);
	link.send('meanwhile');
	await vi.waitFor(() => expect(link.status.retries).toBeGreaterThan(1), { timeout: 5_000 });
	await proxy.open();
	await until('CONNECTED', link);
	await vi.waitFor(() => expect(received).toEqual(['before', 'meanwhile']));
});

test('a server that is not there yet is waited for', async () => {
	await proxy.close();
	const opening = linked();
	await proxy.open();
	expect((await opening).state).toBe('CONNECTED');
});

test('an RST is followed by another connection', async () => {
	const link = await linked();
	const first = link.connection;
	proxy.reset();
	await vi.waitFor(() => expect(link.connection?.id).not.toBe(first?.id), { timeout: 5_000, interval: 5 });
	await until('CONNECTED', link);
	expect(first?.state).toBe('FAILED');
});

test('a half-open connection is found by its pings and left at once', async () => {
	await server.close();
	await serve({ plugins: () => [new PingPongPlugin({ ping: false })] });
	const link = await linked({ plugins: () => [new PingPongPlugin({ intervalMs: 300, minTimeoutMs: 50 })] });
	proxy.stall();
	await vi.waitFor(() => expect(link.status.reconnects).toBe(1), { timeout: 5_000 });
	expect(link.status.lastError).toMatchObject({ code: 'HEARTBEAT_TIMEOUT' });
	expect(proxy.taken).toBe(2);
});

test('a black hole is left when its time is over, one dial at a time', async () => {
	const link = await linked({ openTimeoutMs: 100 });
	proxy.isBlackHole = true;
	proxy.reset();
	await vi.waitFor(() => expect(link.status.generation).toBeGreaterThan(2), { timeout: 5_000 });
	expect(link.status.lastError).toMatchObject({ code: 'OPEN_TIMEOUT' });
	proxy.isBlackHole = false;
	await until('CONNECTED', link);
	expect(proxy.taken).toBe(link.status.generation);
	await vi.waitFor(() => expect(server.connectionCount).toBe(1));
});

/** The system's clock, with a machine that sleeps under it. */
class SleepyClock implements Clock {
	#sleptMs = 0;
	now = () => systemClock.now() + this.#sleptMs;
	epoch = () => systemClock.epoch() + this.#sleptMs;
	after: Clock['after'] = (ms, fn, options) => systemClock.after(ms, fn, options);
	sleep(ms: number): void {
		this.#sleptMs += ms;
	}
}

test('after an hour of sleep a living connection stays, and a dead one is found', async () => {
	const clock = new SleepyClock();
	await server.close();
	await serve({ plugins: () => [new PingPongPlugin({ ping: false })] });
	const link = await linked({ clock, plugins: () => [new PingPongPlugin({ intervalMs: 300, minTimeoutMs: 50 })] });
	const { connection } = link;
	const pings = connection?.plugin<PingPongPlugin>('ping-pong');
	clock.sleep(3_600_000);
	link.send('awake');
	await vi.waitFor(() => expect(received).toEqual(['awake']));
	await vi.waitFor(() => expect(pings?.rttMs).toBeGreaterThan(0), { timeout: 5_000 });
	expect(link.connection).toBe(connection);
	proxy.stall();
	clock.sleep(3_600_000);
	await vi.waitFor(() => expect(link.connection?.id).not.toBe(connection?.id), { timeout: 5_000, interval: 5 });
	await until('CONNECTED', link);
});

test('a wait ends when the network is back', async () => {
	const status: NetworkStatus = { online: true };
	let changed = (): void => {};
	const source = {
		read: () => ({ ...status }),
		watch(notify: () => void) {
			changed = notify;
			return () => {};
		},
	};
	const network = new NetworkMonitor(systemClock, { source });
	const link = await linked({ reconnect: { backoff: { next: () => 60_000 }, network } });
	status.online = false;
	changed();
	proxy.reset();
	await until('RECONNECTING', link);
	status.online = true;
	changed();
	await until('CONNECTED', link);
});

test('whoever is refused for what it is does not dial again', async () => {
	const [me, other] = [createIdentity(), createIdentity()];
	await server.close();
	await serve({ identity: createIdentity() });
	await expect(connect(proxy.url, { reconnect: true, identity: me, peer: other.fingerprint })).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
	expect(proxy.taken).toBe(1);
});

const soon = { backoff: { next: () => 5 } };

test('without a session nothing is sent twice, however often the connection breaks', async () => {
	const link = await linked({ reconnect: soon });
	const stop = every(systemClock, 40, () => proxy.reset());
	for (let i = 0; i < 400; i++) {
		link.send(String(i));
		if (i % 4 === 0) await new Promise<void>((resolve) => systemClock.after(2, resolve));
	}
	stop();
	await until('CONNECTED', link);
	link.send('end');
	await vi.waitFor(() => expect(received.at(-1)).toBe('end'), { timeout: 5_000 });
	const numbers = received.slice(0, -1).map(Number);
	expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
	expect(link.status.reconnects).toBeGreaterThan(1);
});

test('with continuity every message arrives once and in order, both ways, however often the connection breaks', async () => {
	const sessions = new ContinuitySessions();
	cleanUp.push(() => sessions.close());
	await server.close();
	await serve({ identity: createIdentity(), plugins: () => [sessions.plugin()] });
	const link = await linked({ identity: createIdentity(), continuity: true, reconnect: soon });
	const heard: Payload[] = [];
	link.onMessage.on((message) => heard.push(message));
	const stop = every(systemClock, 60, () => proxy.reset());
	const [session] = sessions.list();
	for (let i = 0; i < 400; i++) {
		link.send(String(i));
		session?.send(String(i));
		if (i % 4 === 0) await new Promise<void>((resolve) => systemClock.after(3, resolve));
	}
	stop();
	const all = Array.from({ length: 400 }, (_, i) => String(i));
	await vi.waitFor(() => expect([received.length, heard.length]).toEqual([400, 400]), { timeout: 10_000 });
	expect(received).toEqual(all);
	expect(heard).toEqual(all);
	expect(link.status.reconnects).toBeGreaterThan(1);
});

test('a session that the server has forgotten is told, and the link goes on with another', async () => {
	const identity = createIdentity();
	await server.close();
	let sessions = new ContinuitySessions();
	const plugins = () => [sessions.plugin()];
	await serve({ identity, plugins });
	const link = await linked({ identity: createIdentity(), continuity: true });
	const lost: unknown[] = [];
	link.onLost.on(({ unacknowledged }) => lost.push(...unacknowledged));
	link.send('arrives');
	await vi.waitFor(() => expect(received).toEqual(['arrives']));
	await vi.waitFor(() => expect(link.status.heldBytes).toBe(0));
	sessions = new ContinuitySessions();
	link.onState.once(() => link.send('in doubt'));
	proxy.reset();
	await vi.waitFor(() => expect(link.status.reconnects).toBe(1), { timeout: 5_000 });
	link.send('new session');
	await vi.waitFor(() => expect(received).toEqual(['arrives', 'new session']));
	expect(lost).toEqual(['in doubt']);
	await link.close();
});

test.each([
	[{ continuity: true }, /continuity needs reconnect/],
	[{ reconnect: true, continuity: true }, /continuity needs an identity/],
	[{ reconnect: true, plugins: [] }, /plugins must be a function/],
	[{ reconnect: { maxRetries: -1 } }, /maxRetries/],
])('%o is named', async (options, text) => {
	await expect(connect(proxy.url, options as never)).rejects.toThrow(text);
});

test('the signal ends the wait for a server that never comes', async () => {
	await proxy.close();
	const signal = AbortSignal.timeout(50);
	await expect(connect(proxy.url, { reconnect: true, signal })).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
});
