import { expect, it, onTestFinished, vi } from 'vitest';
import { createIdentity, getConnectionInstrumentationStats, installInstrumentation, listen, resetInstrumentation } from '../index.js';
import { relaying } from '../relays/fixtures/relayed.js';
import { connectPeer } from './connect-peer.js';
import { acceptPeers } from './peers.js';

it('a peer is reached directly while that works, and through a relay when it does not', async () => {
	onTestFinished(installInstrumentation());
	resetInstrumentation();
	const { url: relay } = await relaying();
	const [bob, alice] = [createIdentity(), createIdentity()];
	const heard: string[] = [];
	const peers = acceptPeers({ onPeer: (peer) => peer.onMessage.on(({ payload, channel }) => heard.push(`${channel} ${payload}`)) });
	const listener = await listen({ identity: bob, port: 0, relays: [relay], ...peers.accepting });
	const peer = await connectPeer({ identity: alice, peer: bob.publicKey, routes: [{ relay }, { url: listener.url }] });
	onTestFinished(async () => {
		await Promise.all([peer.close(), peers.close()]);
		await listener.close();
	});
	const kinds = () => [
		...new Set(
			getConnectionInstrumentationStats()
				.activeConnections.filter(({ role }) => role === 'initiator')
				.map(({ transport }) => transport),
		),
	];

	peer.send('directly');
	await vi.waitFor(() => expect(heard).toEqual(['data directly']));
	await vi.waitFor(() =>
		expect(peer.routes.map(({ name, state }) => [name, state])).toEqual([
			[listener.url, 'up'],
			[relay, 'idle'],
		]),
	);

	const stopped = peer.stopRoute(listener.url);
	peer.send('through the relay');
	peer.send('and this', { channel: 'control' });
	await stopped;
	await vi.waitFor(() => expect(heard.slice(1).sort()).toEqual(['control and this', 'data through the relay']));
	expect(kinds()).toContain('relay');
	expect(peers.all).toHaveLength(1);
	expect(peer.routes.map(({ name, state }) => [name, state])).toEqual([
		[listener.url, 'stopped'],
		[relay, 'up'],
	]);
});

it('a relay route needs the key of the peer, and not its fingerprint alone', async () => {
	const identity = createIdentity();
	await expect(connectPeer({ identity, peer: createIdentity().fingerprint, routes: [{ relay: 'ws://127.0.0.1:1/' }] })).rejects.toThrow(TypeError);
});
