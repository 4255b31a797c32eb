import { describe, expect, test } from 'vitest';
import { type Call, CLUSTER_PATH, type Cluster, type Hints, type LocalNode, type Registration, type RemoteRegistration } from './cluster/cluster.js';
import { NativeParty } from './fixtures/native-party.js';
import { type RunningRelay, startRelay } from './fixtures/relay.js';
import { upgrade } from './fixtures/upgrade.js';
import { RelayError } from './relay-error.js';
import { createRelayServer } from './relay-server.js';
import { dialNode } from './wire/dial-node.js';
import type { RelaySocket } from './wire/relay-socket.js';

const HINTS: Hints = { direct: ['wss://192.0.2.7/'], relays: [], transports: [] };

/** The other nodes as a script; whoever is called among them sits at a plain relay. */
class ScriptedCluster implements Cluster {
	isHealthy = true;
	found: RemoteRegistration[] = [];
	readonly asked: string[] = [];
	readonly calls: string[] = [];
	readonly published: string[] = [];
	local!: LocalNode;
	/** What a call leads to. */
	answer: (remote: RemoteRegistration) => Promise<RelaySocket | null> = async () => null;

	async start(local: LocalNode): Promise<void> {
		this.local = local;
	}

	added({ key }: Registration): void {
		this.published.push(`+ ${key}`);
	}

	removed({ key }: Registration): void {
		this.published.push(`- ${key}`);
	}

	async find(key: string): Promise<RemoteRegistration[]> {
		this.asked.push(key);
		return this.found;
	}

	async call(remote: RemoteRegistration, _: Call): Promise<RelaySocket | null> {
		this.calls.push(remote.id);
		return this.answer(remote);
	}

	async accept(_: RelaySocket): Promise<boolean> {
		return false;
	}

	async close(): Promise<void> {
		this.isHealthy = false;
	}
}

async function startNode(): Promise<RunningRelay & { cluster: ScriptedCluster }> {
	const cluster = new ScriptedCluster();
	return { ...(await startRelay({ cluster })), cluster };
}

function elsewhere(id: string, since: number): RemoteRegistration {
	return { id, key: 'linkscope:x', since, hints: HINTS, node: 'ws://192.0.2.1' };
}

describe('in a cluster', () => {
	test('nobody is taken before the cluster is joined, so nobody keeps a relay that cannot join', async () => {
		const cluster = new ScriptedCluster();
		let fail!: (error: Error) => void;
		cluster.start = () => new Promise((_, reject) => (fail = reject));
		const relay = createRelayServer({ port: 0, cluster });
		const listening = relay.listen();
		await expect.poll(() => relay.address).not.toBeNull();
		expect(await upgrade(relay.address?.url as string)).toBe(503);
		fail(new RelayError('REDIS_UNREACHABLE', 'no Redis'));
		await expect(listening).rejects.toThrow('no Redis');
		await relay.close();
	});

	test('a call goes to the newest registration wherever it waits, and on to the next where that is gone', async () => {
		const { url, clock, cluster, metric } = await startNode();
		const listener = new NativeParty();
		const here = await listener.listen(url);
		const since = clock.epoch();
		cluster.found = [elsewhere('newer', since + 2), elsewhere('new', since + 1), elsewhere('old', since - 1)];
		const client = await new NativeParty().dial(url, listener.key);
		expect(await here.json()).toMatchObject({ type: 'relay_incoming' });
		here.send('ready');
		expect(await client.next()).toBe('ready');
		expect(cluster.calls).toEqual(['newer', 'new']);
		expect(await metric('calls_total{protocol="linkscope",outcome="local"}')).toBe(1);
	});

	test('nobody anywhere is nobody', async () => {
		const { url, cluster } = await startNode();
		cluster.found = [elsewhere('gone', 1)];
		expect(await (await new NativeParty().dial(url, new NativeParty().key)).end()).toBe('4404 NOT_REGISTERED');
		expect(cluster.calls).toEqual(['gone']);
	});

	test('what another node has leads through it', async () => {
		const { url, clock, cluster, metric } = await startNode();
		const other = await startRelay();
		// Stands in for the other node: its side of the call is a dialler there.
		const listener = new NativeParty();
		const waiting = await listener.listen(other.url);
		cluster.found = [elsewhere('there', 1)];
		cluster.answer = async () => {
			const socket = await dialNode(other.url, { clock, timeoutMs: 5_000 });
			const go = new NativeParty();
			return new Promise((resolve) => {
				socket.start({
					text(text) {
						const signature = go.sign({ role: 'D', origin: other.url, relayNonce: JSON.parse(text).nonce });
						socket.send(JSON.stringify({ type: 'relay_proof', role: 'dialler', signature }));
						socket.send(JSON.stringify({ type: 'relay_dial', target: listener.key }));
						socket.hold();
						resolve(socket);
					},
					closed() {},
				});
				socket.send(JSON.stringify(go.hello(other.url)));
			});
		};
		const client = await new NativeParty().dial(url, listener.key);
		client.send('through both');
		expect(await waiting.json()).toMatchObject({ type: 'relay_incoming' });
		expect(await waiting.next()).toBe('through both');
		waiting.socket.close(4001, 'enough');
		expect(await client.end()).toBe('4001 enough');
		expect(await metric('calls_total{protocol="linkscope",outcome="remote"}')).toBe(1);
	});

	test('discover tells of the newest, and says alive only of who was asked', async () => {
		const { url, clock, cluster } = await startNode();
		const listener = new NativeParty();
		await listener.listen(url, { endpoints: ['wss://192.0.2.8/'] });
		const asker = await new NativeParty().prove(url, 'dialler');
		cluster.found = [elsewhere('there', clock.epoch() + 1)];
		asker.say({ type: 'discover', target: listener.key, probe: true });
		expect(await asker.json()).toEqual({ type: 'endpoints', registered: true, ...HINTS });
		cluster.found = [elsewhere('there', clock.epoch() - 1)];
		asker.say({ type: 'discover', target: listener.key });
		expect(await asker.json()).toMatchObject({ registered: true, direct: ['wss://192.0.2.8/'] });
	});

	test('without its registry a node goes on alone', async () => {
		const { url, cluster, metric } = await startNode();
		cluster.isHealthy = false;
		expect(await metric('cluster_healthy')).toBe(0);
		const listener = new NativeParty();
		const waiting = await listener.listen(url);
		await new NativeParty().dial(url, listener.key);
		expect(await waiting.json()).toMatchObject({ type: 'relay_incoming' });
		expect(cluster.asked).toEqual([]);
	});

	test('the others hear of what waits, and of what does not any more', async () => {
		const { url, cluster } = await startNode();
		const listener = new NativeParty();
		const [called, leaving] = [await listener.listen(url), await listener.listen(url)];
		leaving.socket.close();
		await expect.poll(() => cluster.published).toHaveLength(3);
		await new NativeParty().dial(url, listener.key);
		await called.json();
		const key = `linkscope:${listener.key}`;
		expect(cluster.published).toEqual([`+ ${key}`, `+ ${key}`, `- ${key}`, `- ${key}`]);
		expect([...cluster.local.registrations()]).toEqual([]);
	});

	test('links that prove nothing take no place of other nodes', async () => {
		const cluster = new ScriptedCluster();
		const proved: ((isNode: boolean) => void)[] = [];
		cluster.accept = (socket) => {
			socket.start({ text() {}, closed() {} });
			return new Promise((resolve) => proved.push(resolve));
		};
		const { url } = await startRelay({ cluster, trustedProxies: 1 });
		const link = (address: string): Promise<number> => upgrade(`${url}${CLUSTER_PATH}`, { 'x-forwarded-for': address });
		for (let i = 0; i < 100; i++) expect(await link('192.0.2.1')).toBe(101);
		expect(await link('192.0.2.1')).toBe(503);
		expect(await link('192.0.2.2')).toBe(101);
		proved[0]?.(true);
		await expect.poll(() => link('192.0.2.1')).toBe(101);
	});

	test('one that is one too many in the cluster is closed as ONE and we do it', async () => {
		const { url, cluster, relay } = await startNode();
		const waiting = await new NativeParty().listen(url);
		const [registration] = [...cluster.local.registrations()];
		cluster.local.evict('nobody');
		cluster.local.evict(registration?.id as string);
		expect(await waiting.end()).toBe('1000 Close called: New connection replaced old one');
		expect(relay.counts.waiting).toBe(0);
	});

	test('a call of another node goes to who waits here, or nowhere', async () => {
		const { cluster } = await startNode();
		const accept = (): RelaySocket => {
			throw new Error('nobody waits, so nothing is accepted');
		};
		expect(cluster.local.connect({ from: 'linkscope:a', target: 'linkscope:b' }, accept)).toBe(false);
		expect(cluster.asked).toEqual([]);
	});

	test('a registry that cannot be reached at the start leaves the port', async () => {
		const cluster = new ScriptedCluster();
		cluster.start = async () => {
			throw new RelayError('REDIS_UNREACHABLE', 'nobody there');
		};
		const { createRelayServer } = await import('./relay-server.js');
		const relay = createRelayServer({ port: 0, cluster });
		await expect(relay.listen()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
		await expect(fetch(`${relay.address?.url.replace('ws', 'http')}/health`)).rejects.toThrow();
		await relay.close();
	});
});
