import { type Clock, type Connection, ConnectionError, type Plugin, systemClock, type Unsubscribe } from '@linkscope/core';
import { fingerprintOf } from '@linkscope/crypto';
import { Peer } from './peer.js';
import { PeerConnection, peerPlugins, whenActive } from './peer-connection.js';

export interface AcceptPeersOptions {
	/** Each peer once, whether it was dialled or came by itself, before any of its messages: subscribe here. */
	onPeer?: (peer: Peer) => void;
	/** Of each connection, between what secures it and what tells its channel; the same at both ends. */
	plugins?: () => readonly Plugin[];
	clock?: Clock;
}

/** A peer that this side does not dial is forgotten when nothing carries its messages for so long: it dials again sooner, or not at all. */
const FORGET_MS = 30_000;

/**
 * The peers of this side, one object for each identity: give `accepting` to `listen()` and all of this to `connectPeer()`, and what
 * either side dials ends up in the same pool.
 */
export class Peers {
	readonly #peers = new Map<string, Peer>();
	readonly #forgetting = new Map<Peer, Unsubscribe>();
	readonly #onPeer: (peer: Peer) => void;
	readonly plugins: () => readonly Plugin[];
	readonly clock: Clock;
	#closed = false;
	/** `listen({ identity, ...peers.accepting })`. */
	readonly accepting = {
		plugins: (): Plugin[] => peerPlugins(this.plugins()),
		onConnection: (connection: Connection): void => {
			whenActive(connection, () => this.adopt(new PeerConnection(connection)));
		},
	};

	constructor({ onPeer = () => {}, plugins = () => [], clock = systemClock }: AcceptPeersOptions = {}) {
		checkPeerPlugins(plugins);
		this.#onPeer = onPeer;
		this.plugins = plugins;
		this.clock = clock;
	}

	/** Those that are not closed. */
	get all(): readonly Peer[] {
		return [...this.#peers.values()];
	}

	/** By the fingerprint of its identity. */
	get(fingerprint: string): Peer | undefined {
		return this.#peers.get(fingerprint);
	}

	/** Closes every peer, and whatever comes later. Never rejects. */
	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all(this.all.map((peer) => peer.close()));
	}

	/** For who dials: the peer's one object. @throws ConnectionError CONNECTION_CLOSED. */
	of(fingerprint: string): Peer {
		const known = this.#peers.get(fingerprint);
		if (known) return known;
		if (this.#closed) throw new ConnectionError('CONNECTION_CLOSED', 'these peers were closed: acceptPeers() makes new ones');
		const peer = new Peer(fingerprint, this.clock);
		this.#peers.set(fingerprint, peer);
		peer.onState.on((state) => this.#stateOf(peer, state));
		this.#forgetLater(peer);
		this.#onPeer(peer);
		return peer;
	}

	/** A connection that is ACTIVE. */
	adopt(connection: PeerConnection): void {
		if (this.#closed) return void connection.close('Close called.');
		connection.connection.setTags({ channel: connection.channel });
		this.of(fingerprintOf(connection.peerIdentity)).adopt(connection);
	}

	#stateOf(peer: Peer, state: Peer['state']): void {
		this.#forgetting.get(peer)?.();
		this.#forgetting.delete(peer);
		if (state === 'closed') this.#peers.delete(peer.fingerprint);
		else if (state === 'connecting') this.#forgetLater(peer);
	}

	#forgetLater(peer: Peer): void {
		const forget = (): void => {
			if (peer.routes.length === 0) void peer.close();
		};
		this.#forgetting.set(peer, this.clock.after(FORGET_MS, forget));
	}
}

/** Accepts peers: `const peers = acceptPeers({ onPeer }); await listen({ identity, ...peers.accepting })`. */
export function acceptPeers(options: AcceptPeersOptions = {}): Peers {
	return new Peers(options);
}

/** @throws TypeError */
export function checkPeerPlugins(plugins: () => readonly Plugin[]): void {
	if (typeof plugins === 'function') return;
	throw new TypeError('plugins must be a function here, because each connection needs its own: plugins: () => [new SyncPlugin()]');
}
