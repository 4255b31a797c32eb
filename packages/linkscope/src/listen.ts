import type { AddressInfo } from 'node:net';
import type { Subscribable } from '@linkscope/core';
import { createWebSocketListener, type ListenerOptions, type UpgradeRequest } from '@linkscope/transports/websocket-server';
import { type AcceptConnectionsOptions, AcceptedConnections } from './accept-connections.js';
import { addressesFor, type OwnPort } from './relays/own-addresses.js';
import { type RelayStatus, WaitingAtRelays } from './relays/waiting-at-relays.js';
import { withHeadroom } from './security/security-plugins.js';

/** How a connection came: over a port of this side, or through a relay, where nothing but that is known. */
export interface ConnectionRequest extends UpgradeRequest {
	/** The relay, where it came through one. */
	relay?: string;
}

export interface ListenOptions extends ListenerOptions, AcceptConnectionsOptions<ConnectionRequest> {
	/**
	 * ws: or wss: addresses of relays at which to wait as well, for peers that cannot reach this side; needs an `identity`. There is then a port of its
	 * own only where `port`, `host` or `server` is given.
	 */
	relays?: readonly string[];
	/** Addresses that the relays may tell to who looks for this side, at most 8. Default: those of its own port that can be dialled from where the relay is. */
	endpoints?: readonly string[];
}

export interface Listener {
	/** 0 where it waits at relays alone. */
	readonly port: number;
	/** Where clients of this machine dial, e.g. 'ws://127.0.0.1:40123/'; empty where it waits at relays alone. */
	readonly url: string;
	readonly connectionCount: number;
	/** How it stands at each relay. */
	readonly relays: readonly RelayStatus[];
	/** Every change at a relay. */
	readonly onRelays: Subscribable<readonly RelayStatus[]>;
	/** Takes no more, closes every connection with 1001 within `closeTimeoutMs`. An attached server goes on. Never rejects. */
	close(): Promise<void>;
}

/**
 * Accepts connections on a port of its own, on an existing HTTP, HTTPS or Express server, and through relays.
 * With an `identity` every connection is authenticated and encrypted end to end, and with `invites` peers pair by them.
 * Resolves when the port is open and each relay has taken this side or failed once; a relay that failed is tried again and again, unless it refused for good.
 * @throws TransportError LISTEN_FAILED; what a relay failed with where there is no port and no relay took this side; TypeError or RangeError naming the option.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
	const accepted = new AcceptedConnections<ConnectionRequest>(options);
	const port = hasPort(options) ? await openPort(options, accepted) : null;
	const waiting = await waitAtRelays(options, accepted, port).catch(async (error) => {
		await port?.close();
		throw error;
	});
	return {
		port: port?.port ?? 0,
		url: port?.url ?? '',
		get connectionCount() {
			return accepted.count;
		},
		get relays() {
			return waiting.status;
		},
		onRelays: waiting.onStatus,
		async close() {
			waiting.stop();
			await accepted.close();
			await port?.close();
		},
	};
}

function hasPort({ relays = [], port, host, server }: ListenOptions): boolean {
	return relays.length === 0 || port !== undefined || host !== undefined || server !== undefined;
}

interface OpenPort extends OwnPort {
	port: number;
	close(): Promise<void>;
}

async function openPort(options: ListenOptions, accepted: AcceptedConnections<ConnectionRequest>): Promise<OpenPort> {
	const listener = createWebSocketListener(withHeadroom(options));
	listener.onTransport.on(({ transport, request }) => accepted.accept(transport, request));
	const { port, url } = await listener.listen();
	const { host = '127.0.0.1', server } = options;
	return { port, url, host: server ? (server.address() as AddressInfo).address : host, close: () => listener.close() };
}

async function waitAtRelays(options: ListenOptions, accepted: AcceptedConnections<ConnectionRequest>, port: OpenPort | null): Promise<WaitingAtRelays> {
	const waiting = new WaitingAtRelays(withHeadroom(options), {
		endpointsFor: (relay) => options.endpoints ?? (port ? addressesFor(relay, port) : []),
		onCall: (transport, relay) => accepted.accept(transport, { ...NOTHING_KNOWN, relay }),
	});
	try {
		await waiting.start();
	} catch (error) {
		// With a port there is a way to this side, and the relays are tried again.
		if (port === null) {
			waiting.stop();
			throw error;
		}
	}
	return waiting;
}

const NOTHING_KNOWN: UpgradeRequest = { url: '', headers: {}, origin: undefined, remoteAddress: undefined, protocol: '' };
