import { type AbortSignal, type Backoff, ConnectionError, type Plugin, type Transport } from '@linkscope/core';
import type { Identity } from '@linkscope/crypto';
import { pinnedPeer, type RouteChannel, RoutePlugin, type TrustStore } from '@linkscope/plugins';
import { RouteTable } from '@linkscope/resilience';
import { dialRelay } from '@linkscope/transports/relay';
import { type DialOptions, dialWebSocket } from '@linkscope/transports/websocket';
import { Connection, withDefaultPlugins } from '../connection.js';
import { keyOf } from '../relays/connect-via-relay.js';
import { dialSecurity, type SecurityOptions, withHeadroom } from '../security/security-plugins.js';
import type { Peer } from './peer.js';
import { PeerConnection, peerPlugins, whenActive } from './peer-connection.js';
import { acceptPeers, checkPeerPlugins, Peers } from './peers.js';

/** Where the peer listens, or the relay at which it waits. */
export type PeerRoute = { readonly url: string } | { readonly relay: string };

export interface ConnectPeerOptions {
	/** Who this side is. */
	identity: Identity;
	/** Who the peer is: its public key (32 bytes, or these in base64url); for direct routes its fingerprint will do. */
	peer: Uint8Array | string;
	/** Best first. Direct ones are dialled before relays. A route's name, for `stopRoute()`, is its address. */
	routes: readonly PeerRoute[];
	/** Kept open. Others are dialled when something is sent. Default control and data. */
	channels?: readonly RouteChannel[];
	trustStore?: TrustStore;
	/** How long a route rests that failed. Default 5 to 10 s, for ever. */
	backoff?: Backoff;
	/** As `plugins` of acceptPeers(), whose are taken where there are none here. */
	plugins?: () => readonly Plugin[];
	/** Those that this side accepts: a peer that dials as well is then one and the same. */
	peers?: Peers;
	/** Ends the wait for the first connection, and closes the peer. */
	signal?: AbortSignal;
}

/**
 * Reaches a peer by the best of its routes, and keeps reaching it until it is closed. Resolves when the first of its channels carries messages.
 * @throws what its routes failed with, once all of them are refused (4401, 4402, 4410) or given up; ConnectionError CONNECTION_ABORTED; TypeError
 * or RangeError naming the option.
 */
export async function connectPeer(options: ConnectPeerOptions): Promise<Peer> {
	const { peers = acceptPeers(), channels = ['control', 'data'], plugins = peers.plugins, backoff, signal } = options;
	if (!options.identity) throw new TypeError('identity must be given: createIdentity() makes one');
	if (!Array.isArray(options.routes) || options.routes.length === 0) throw new TypeError('routes must be a list of { url } or { relay }, at least one');
	if (channels.length === 0) throw new TypeError('channels must be at least one of control, data and discovery');
	if (!(peers instanceof Peers)) throw new TypeError('peers must be what acceptPeers() made');
	checkPeerPlugins(plugins);
	const { fingerprint } = pinnedPeer(options.peer);
	const ways = new Map(options.routes.map((route) => [nameOf(route), wayTo(route, options)]));
	// What is wrong with the options is said now, not with the first dial.
	for (const way of ways.values()) way();
	dialSecurity(options);
	for (const channel of channels) new RoutePlugin({ channel });
	const dial = (route: string, channel: string): PeerConnection => {
		const stack = peerPlugins(plugins(), channel as RouteChannel);
		const transport = (ways.get(route) as () => Transport)();
		const settings = withDefaultPlugins({ plugins: stack, tags: { channel } }, dialSecurity(options));
		const connection = new PeerConnection(new Connection(transport, settings));
		whenActive(connection.connection, () => peers.adopt(connection));
		return connection;
	};
	const routes = options.routes.map((route) => ({ name: nameOf(route), relayed: 'relay' in route }));
	const table = new RouteTable({ routes, dial, clock: peers.clock, ...(backoff && { backoff }) });
	const peer = peers.of(fingerprint);
	peer.dialOver(table, channels);
	await connected(peer, signal);
	return peer;
}

function nameOf(route: PeerRoute): string {
	const name = 'relay' in route ? route.relay : route?.url;
	if (typeof name !== 'string') throw new TypeError('each of routes must be { url } or { relay }, an address each');
	return name;
}

/** Makes a transport for each dial. @throws TransportError URL_INVALID, TypeError. */
function wayTo(route: PeerRoute, { identity, peer }: ConnectPeerOptions): () => Transport {
	const options = { identity, maxMessageBytes: withHeadroom<SecurityOptions & DialOptions>({ identity }).maxMessageBytes };
	if (!('relay' in route)) return () => dialWebSocket(route.url, options);
	const target = keyOf(peer);
	return () => dialRelay(route.relay, { ...options, target });
}

/** Resolves when something carries; rejects where nothing ever will, and leaves the peer closed. */
function connected(peer: Peer, signal: AbortSignal | undefined): Promise<void> {
	return new Promise<void>((resolve, reject) => {
		const undo: (() => void)[] = [];
		const done = (settle: () => void): void => {
			for (const off of undo.splice(0)) off();
			settle();
		};
		const fail = (error: Error): void => {
			done(() => reject(error));
			void peer.close();
		};
		const abort = (): void => fail(new ConnectionError('CONNECTION_ABORTED', 'connectPeer() was aborted by its signal', { cause: signal?.reason }));
		const look = (): void => {
			if (peer.state === 'connected') done(resolve);
			else if (peer.state === 'closed') fail(new ConnectionError('CONNECTION_CLOSED', 'the peer was closed'));
			else if (peer.isUnreachable)
				fail(peer.routes.find(({ error }) => error)?.error ?? new ConnectionError('CONNECTION_CLOSED', 'no route to the peer is left'));
			else if (signal?.aborted) abort();
		};
		undo.push(peer.onState.on(look), peer.onRoute.on(look));
		signal?.addEventListener('abort', abort, { once: true });
		undo.push(() => signal?.removeEventListener('abort', abort));
		look();
	});
}
