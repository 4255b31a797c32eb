import { FakeClock } from '@linkscope/core/testing';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
	type Clock,
	CompressionPlugin,
	createTrustStore,
	FragmentationPlugin,
	getConnectionInstrumentationStats,
	type Identity,
	installInstrumentation,
	type Listener,
	listen,
	memoryStorage,
	resetInstrumentation,
} from '../index.js';
import { createIdentity } from '../security/identity.js';
import { connectPeer } from './connect-peer.js';
import type { Peer } from './peer.js';
import { acceptPeers, type Peers } from './peers.js';

beforeEach(() => {
	const uninstall = installInstrumentation();
	resetInstrumentation();
	onTestFinished(uninstall);
});

class End {
	readonly heard: string[] = [];
	readonly peers: Peers;
	readonly identity: Identity;
	listener!: Listener;

	constructor(clock?: Clock, identity = createIdentity()) {
		this.identity = identity;
		this.peers = acceptPeers({ onPeer: (peer) => this.hear(peer), ...(clock && { clock }) });
	}

	async start(): Promise<this> {
		this.listener = await listen({ identity: this.identity, ...this.peers.accepting });
		onTestFinished(async () => {
			await this.peers.close();
			await this.listener.close();
		});
		return this;
	}

	hear(peer: Peer): void {
		peer.onMessage.on(({ payload }) => this.heard.push(String(payload)));
	}

	dial(other: End, options: Partial<Parameters<typeof connectPeer>[0]> = {}): Promise<Peer> {
		const routes = [{ url: other.listener.url }];
		return connectPeer({ identity: this.identity, peer: other.identity.publicKey, routes, peers: this.peers, ...options });
	}
}

const start = async () => [await new End().start(), await new End().start()] as const;
const verdicts = () => getConnectionInstrumentationStats().connections.map(({ close }) => close?.verdict.word);

describe('peers over WebSockets', () => {
	it('talk over one connection a channel, tagged with it, in both directions', async () => {
		const [alice, bob] = await start();
		const peer = await alice.dial(bob);
		peer.send('hello');
		await vi.waitFor(() => expect(bob.heard).toEqual(['hello']));
		bob.peers.get(alice.identity.fingerprint)?.send('hello back', { channel: 'control' });
		await vi.waitFor(() => expect(alice.heard).toEqual(['hello back']));
		await vi.waitFor(() => {
			const tags = getConnectionInstrumentationStats().activeConnections.map(({ tags: { channel } }) => channel);
			expect(tags.sort()).toEqual(['control', 'control', 'data', 'data']);
		});
		expect(peer.channels.filter(({ connectionId }) => connectionId)).toHaveLength(2);
	});

	it('that dial each other at once, fifty times, keep one connection and lose no message', async () => {
		for (let round = 0; round < 50; round++) {
			const [alice, bob] = [await new End().start(), await new End().start()];
			const sent = Array.from({ length: 20 }, (_, i) => `${round}.${i}`);
			const channels = ['data'] as const;
			const [toBob, toAlice] = await Promise.all([alice.dial(bob, { channels }), bob.dial(alice, { channels })]);
			for (const text of sent) {
				toBob.send(text);
				toAlice.send(text);
				if (text.endsWith('5')) await new Promise(setImmediate);
			}
			await vi.waitFor(() => expect([alice.heard, bob.heard]).toEqual([sent, sent]));
			await vi.waitFor(() => expect([connectionsOf(toBob), connectionsOf(toAlice)]).toEqual([1, 1]));
			expect([alice.listener.connectionCount, bob.listener.connectionCount].sort()).toEqual([0, 1]);
			await Promise.all([alice.peers.close(), bob.peers.close()]);
		}
		const words = verdicts();
		expect(new Set(words)).toEqual(new Set(['normal', 'duplicate']));
		expect(getConnectionInstrumentationStats().global.failedConnections).toBe(0);
	}, 120_000);

	it('take plugins of their own, at both ends, above what secures them', async () => {
		const plugins = () => [new CompressionPlugin(), new FragmentationPlugin()];
		const heard: number[] = [];
		const [alice, bob] = [createIdentity(), createIdentity()];
		const accepting = acceptPeers({ plugins, onPeer: (peer) => peer.onMessage.on(({ payload }) => heard.push(payload.length)) });
		const listener = await listen({ identity: bob, ...accepting.accepting });
		const peer = await connectPeer({ identity: alice, peer: bob.publicKey, routes: [{ url: listener.url }], plugins });
		peer.send('x'.repeat(300_000));
		await vi.waitFor(() => expect(heard).toEqual([300_000]));
		await peer.stopRoute(listener.url);
		peer.send('y'.repeat(200_000));
		peer.startRoute(listener.url);
		await vi.waitFor(() => expect(heard).toEqual([300_000, 200_000]));
		await Promise.all([peer.close(), accepting.close()]);
		await listener.close();
	});

	it('whose route is stopped closes it in those words, at both ends', async () => {
		const [alice, bob] = await start();
		const peer = await alice.dial(bob);
		await vi.waitFor(() => expect(connectionsOf(peer)).toBe(2));
		await peer.stopRoute(bob.listener.url);
		expect(peer.routes[0]?.state).toBe('stopped');
		await vi.waitFor(() => expect(verdicts()).toEqual(['route-stopped', 'route-stopped', 'route-stopped', 'route-stopped']));
		peer.startRoute(bob.listener.url);
		peer.send('after');
		await vi.waitFor(() => expect(bob.heard).toEqual(['after']));
	});

	it('that is dialled again from the same identity goes over the newer connection, and the older is replaced', async () => {
		const clock = new FakeClock();
		const [alice, bob] = [await new End(clock).start(), await new End(clock).start()];
		const again = await new End(clock, alice.identity).start();
		const first = await alice.dial(bob, { channels: ['data'] });
		clock.advance(2_000);
		// The old one does not dial again: whose identity it is, is somewhere else now.
		void first.onState.on(() => void alice.peers.close());
		const second = await again.dial(bob, { channels: ['data'] });
		second.send('over the newer');
		await vi.waitFor(() => expect(bob.heard).toEqual(['over the newer']));
		await vi.waitFor(() => expect(verdicts().filter(Boolean)).toEqual(['replaced', 'replaced']));
	});

	it('one that is somebody else is not dialled again', async () => {
		const [alice, bob] = await start();
		await expect(alice.dial(bob, { peer: createIdentity().publicKey })).rejects.toMatchObject({ code: 'PEER_MISMATCH' });
		expect(alice.peers.all).toEqual([]);
	});

	it('one that refuses this side is not dialled again, and the caller hears why', async () => {
		const [alice, bob] = [await new End().start(), createIdentity()];
		const { url, close } = await listen({ identity: bob, trustStore: createTrustStore(memoryStorage()), onConnection: () => {} });
		onTestFinished(close);
		await expect(connectPeer({ identity: alice.identity, peer: bob.publicKey, routes: [{ url }] })).rejects.toMatchObject({ code: 'AUTH_REFUSED' });
	});

	it('one that nobody answers for is waited for until the signal aborts, and nothing is left', async () => {
		const alice = await new End().start();
		const abort = new AbortController();
		const dialling = connectPeer({ identity: alice.identity, peer: createIdentity().publicKey, routes: [{ url: 'ws://127.0.0.1:1/' }], signal: abort.signal });
		await vi.waitFor(() => expect(getConnectionInstrumentationStats().global.failedConnections).toBeGreaterThan(0));
		abort.abort();
		await expect(dialling).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
	});

	it('refuses options that cannot work, by name', async () => {
		const identity = createIdentity();
		const right = { identity, peer: createIdentity().publicKey, routes: [{ url: 'ws://127.0.0.1:1/' }] };
		await expect(connectPeer({ ...right, routes: [] })).rejects.toThrow(/^routes must be/);
		await expect(connectPeer({ ...right, routes: [{ url: 'nowhere' }] })).rejects.toMatchObject({ code: 'URL_INVALID' });
		await expect(connectPeer({ ...right, routes: [...right.routes, ...right.routes] })).rejects.toThrow(/^routes must each be given once/);
		await expect(connectPeer({ ...right, channels: ['bulk' as 'data'] })).rejects.toThrow(/^channel must be/);
		await expect(connectPeer({ ...right, plugins: [] as never })).rejects.toThrow(/^plugins must be a function/);
		expect(() => acceptPeers({ plugins: [] as never })).toThrow(/^plugins must be a function/);
		await expect(connectPeer({ ...right, plugins: () => ({}) as never })).rejects.toThrow(/^a plugin is an object with a name, got object/);
		await expect(connectPeer({ ...right, peers: {} as never })).rejects.toThrow(/^peers must be/);
		const closed = acceptPeers();
		await closed.close();
		await expect(connectPeer({ ...right, peers: closed })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
		await expect(connectPeer({ ...right, channels: [] })).rejects.toThrow(/^channels must be/);
		const twice = () => [new CompressionPlugin(), new CompressionPlugin()];
		await expect(connectPeer({ ...right, plugins: twice })).rejects.toMatchObject({ code: 'PLUGIN_DUPLICATE' });
		await expect(connectPeer({ ...right, peer: 'nobody' })).rejects.toThrow(/^peer must be/);
		await expect(connectPeer({ ...right, identity: undefined as unknown as typeof identity })).rejects.toThrow(/^identity must be/);
	});
});

function connectionsOf(peer: Peer): number {
	return peer.channels.reduce((sum, { connections }) => sum + connections, 0);
}
