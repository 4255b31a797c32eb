import { Connection, type Payload } from '@linkscope/core';
import { createIdentity, defaultPrimitives, type Identity } from '@linkscope/crypto';
import { boxKeyPair, bytesToHex } from '@linkscope/crypto/nacl';
import { createRelayListener, dialRelay, openRelay, type RelayListener } from '@linkscope/transports/relay';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Client } from '../fixtures/client.js';
import type { LogEntry } from '../log.js';
import { createRelayServer, type RelayServer } from '../relay-server.js';
import { findRedisServer, type LocalRedis, startLocalRedis } from './local-redis.js';
import { createRedisCluster } from './redis-cluster.js';

const soon = { timeout: 25_000, interval: 20 };
const MIB = 1024 * 1024;
const newIdentity = (): Identity => createIdentity(defaultPrimitives());

interface Node {
	relay: RelayServer;
	url: string;
	log: LogEntry[];
}

describe.skipIf(findRedisServer() === null && !process.env.CI)('relays of one cluster', () => {
	let redis: LocalRedis;

	beforeAll(async () => {
		redis = await startLocalRedis();
	});
	afterAll(() => redis.stop());

	async function startNode(): Promise<Node> {
		const log: LogEntry[] = [];
		const address = (): string => relay.address?.url as string;
		const cluster = createRedisCluster({ redis: redis.url, clusterUrl: address, log: (entry) => log.push(entry) });
		const relay = createRelayServer({ port: 0, cluster, log: (entry) => log.push(entry) });
		const { url } = await relay.listen();
		onTestFinished(() => relay.close());
		return { relay, url, log };
	}

	/** Keeps what it is sent back, unless the test reads it. */
	async function listenAt({ url }: Node, who: Parameters<typeof createRelayListener>[0] extends infer T ? Partial<T> : never) {
		const listener: RelayListener = createRelayListener({ relay: url, spares: 1, backoff: { next: () => 50 }, ...who });
		const connections: Connection[] = [];
		const froms: (Uint8Array | null)[] = [];
		listener.onTransport.on(({ transport, from }) => {
			const connection = new Connection(transport, { initiator: false });
			froms.push(from);
			connections.push(connection);
			void connection.open();
		});
		onTestFinished(() => {
			listener.stop();
			for (const connection of connections) connection.terminate();
		});
		listener.start();
		await vi.waitFor(() => expect(listener.waiting).toBe(1), soon);
		return { listener, connections, froms };
	}

	async function isKnownAt({ url }: Node, target: Identity): Promise<boolean> {
		const session = await openRelay(url, { identity: newIdentity() });
		const { registered } = await session.discover(target.publicKey);
		session.close();
		return registered;
	}

	async function callFrom({ url }: Node, target: Identity, identity = newIdentity()): Promise<Connection> {
		const connection = new Connection(dialRelay(url, { identity, target: target.publicKey }));
		onTestFinished(() => connection.terminate());
		await connection.open();
		return connection;
	}

	test('lead a caller of one to a listener of another, text and bytes apart, both ways', async () => {
		const [one, two] = [await startNode(), await startNode()];
		const [listener, caller] = [newIdentity(), newIdentity()];
		const { connections, froms } = await listenAt(one, { identity: listener });
		await vi.waitFor(async () => expect(await isKnownAt(two, listener)).toBe(true), soon);
		const connection = await callFrom(two, listener, caller);
		await vi.waitFor(() => expect(connections).toHaveLength(1), soon);
		const [called] = connections as [Connection];
		expect(froms).toEqual([caller.publicKey]);
		called.onMessage.on((message) => called.send(message));
		const answers: Payload[] = [];
		connection.onMessage.on((message) => answers.push(message));
		for (const message of ['one', new Uint8Array([1, 2]), 'two', '']) connection.send(message);
		await vi.waitFor(() => expect(answers).toEqual(['one', new Uint8Array([1, 2]), 'two', '']), soon);
		expect(two.log).toContainEqual(expect.objectContaining({ event: 'call', outcome: 'remote' }));
		await connection.close();
		await vi.waitFor(() => expect(called.state).toBe('CLOSED'), soon);
	});

	test("lead ONE's callers as well, by ONE's words", async () => {
		const [one, two] = [await startNode(), await startNode()];
		const keys = boxKeyPair();
		const { connections } = await listenAt(one, { oneKeys: keys });
		const request = { command: 'communication_request', sourcePublicKey: bytesToHex(boxKeyPair().publicKey), targetPublicKey: bytesToHex(keys.publicKey) };
		// Only a call tells whether a ONE key is known.
		const caller = await vi.waitFor(async () => {
			const client = await Client.dial(two.url);
			client.send(JSON.stringify(request));
			await client.isHeard();
			await vi.waitFor(() => expect(connections.length).toBeGreaterThan(0), { timeout: 1_000 });
			return client;
		}, soon);
		const [called] = connections as [Connection];
		const heard: Payload[] = [];
		called.onMessage.on((message) => heard.push(message));
		await vi.waitFor(() => expect(heard.map(String)).toEqual(['{"command":"connection_handover"}', JSON.stringify(request)]), soon);
		called.send('{"command":"communication_ready"}');
		expect(await caller.json()).toEqual({ command: 'communication_ready' });
		await called.close('done here');
		expect(await caller.next()).toEqual({ code: 1000, reason: 'done here' });
	});

	test('tell a caller that nobody waits when the last spare elsewhere is used up', async () => {
		const [one, two] = [await startNode(), await startNode()];
		const listener = newIdentity();
		const { listener: waiting } = await listenAt(one, { identity: listener });
		await vi.waitFor(async () => expect(await isKnownAt(two, listener)).toBe(true), soon);
		waiting.stop();
		await vi.waitFor(async () => expect(await isKnownAt(two, listener)).toBe(false), soon);
		await expect(callFrom(two, listener)).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
	});

	test('close the oldest of a key beyond its limit, wherever it waits', async () => {
		const [one, two] = [await startNode(), await startNode()];
		const identity = newIdentity();
		const at = ({ url }: Node, spares: number) => {
			const listener = createRelayListener({ relay: url, identity, spares, backoff: { next: () => 60_000 } });
			onTestFinished(() => listener.stop());
			listener.start();
			return listener;
		};
		const first = at(one, 5);
		await vi.waitFor(() => expect(first.waiting).toBe(5), soon);
		const second = at(two, 5);
		await vi.waitFor(() => expect([first.waiting, second.waiting]).toEqual([3, 5]), soon);
		expect([one.relay.counts.waiting, two.relay.counts.waiting]).toEqual([3, 5]);
	});

	test('hold little of what a paused listener of another node does not read, lose nothing of it, and keep its order', async () => {
		const [one, two] = [await startNode(), await startNode()];
		const listener = newIdentity();
		const { connections } = await listenAt(one, { identity: listener });
		await vi.waitFor(async () => expect(await isKnownAt(two, listener)).toBe(true), soon);
		const connection = await callFrom(two, listener);
		await vi.waitFor(() => expect(connections).toHaveLength(1), soon);
		const [called] = connections as [Connection];

		const message = new Uint8Array(256 * 1024);
		let sent = 0;
		const push = async (total: number): Promise<void> => {
			for (; sent * message.length < total; sent++) {
				new DataView(message.buffer).setUint32(0, sent);
				if (!connection.send(message.slice())) await connection.drained();
			}
		};
		const all = push(128 * MIB);
		let last = -1;
		await vi.waitFor(
			() => {
				const isStuck = sent === last;
				last = sent;
				expect(isStuck).toBe(true);
			},
			{ ...soon, interval: 500 },
		);
		// Four hops of kernel buffers of at most 6 MiB each, what both ends hold, and 2 MiB in each relay.
		expect(sent * message.length).toBeLessThan(64 * MIB);

		let received = 0;
		for await (const got of called.messages()) {
			const bytes = got as Uint8Array;
			expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)).toBe(received++);
			if (received * message.length === 128 * MIB) break;
		}
		await all;
	});

	test('refuse who calls himself by way of another, which uses up nothing', async () => {
		const [one, two] = [await startNode(), await startNode()];
		const listener = newIdentity();
		await listenAt(one, { identity: listener });
		await vi.waitFor(async () => expect(await isKnownAt(two, listener)).toBe(true), soon);
		await expect(callFrom(two, listener, listener)).rejects.toMatchObject({ code: 'RELAY_SELF' });
		expect(await isKnownAt(two, listener)).toBe(true);
	});
});
