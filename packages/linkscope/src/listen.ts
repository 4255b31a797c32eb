import type { ConnectionOptions, Plugin } from '@linkscope/core';
import { type Accepted, createWebSocketListener, type ListenerOptions, type UpgradeRequest } from '@linkscope/transports/websocket-server';
import { Connection, withDefaultPlugins } from './connection.js';
import { acceptSecurity, type ListenSecurityOptions, withHeadroom } from './security/security-plugins.js';

export interface ListenOptions extends ListenerOptions, ListenSecurityOptions, Omit<ConnectionOptions, 'plugins' | 'initiator' | 'link'> {
	/** Asked once per connection, because a plugin serves one; they go above those that secure it. Default: statistics and network. One that throws is told as below. */
	plugins?: (request: UpgradeRequest) => readonly Plugin[];
	/**
	 * Each accepted connection, before it opens: subscribe, add plugins; what is sent already waits until it is ACTIVE.
	 * What it throws is reported as uncaught, as from any listener; the peer is closed with 1011.
	 */
	onConnection: (connection: Connection, request: UpgradeRequest) => void;
}

const GOING_AWAY = 'server shutting down';

export interface Listener {
	readonly port: number;
	/** Where clients of this machine dial, e.g. 'ws://127.0.0.1:40123/'. */
	readonly url: string;
	readonly connectionCount: number;
	/** Takes no more, closes every connection with 1001 within `closeTimeoutMs`. An attached server goes on. Never rejects. */
	close(): Promise<void>;
}

/**
 * Accepts WebSocket connections on a port of its own, or on an existing HTTP, HTTPS or Express server. Node only.
 * With an `identity` every connection is authenticated and encrypted end to end, and with `invites` peers pair by them.
 * @throws TransportError LISTEN_FAILED; TypeError or RangeError naming the option.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
	if (typeof options?.onConnection !== 'function') throw new TypeError('onConnection must be a function: listen({ onConnection(connection) { … } })');
	if (options.plugins !== undefined && typeof options.plugins !== 'function') {
		throw new TypeError('plugins must be a function here, because each connection needs its own: listen({ plugins: () => [new PingPongPlugin()] })');
	}
	const security = acceptSecurity(options);
	const listener = createWebSocketListener(withHeadroom(options));
	const connections = new Set<Connection>();
	let closing = false;
	listener.onTransport.on((accepted) => {
		if (closing) accepted.transport.close(1001, GOING_AWAY);
		else accept(accepted, options, security, connections);
	});
	const { port, url } = await listener.listen();
	return {
		port,
		url,
		get connectionCount() {
			return listener.connectionCount;
		},
		async close() {
			closing = true;
			// As connections, not as sockets: what secures them says goodbye under its seal.
			await Promise.all([...connections].map((connection) => connection.close(GOING_AWAY, 1001)));
			await listener.close();
		},
	};
}

function accept({ transport, request }: Accepted, options: ListenOptions, security: () => Plugin[], connections: Set<Connection>): void {
	try {
		const above = { ...options, initiator: false, plugins: options.plugins?.(request) };
		const connection = new Connection(transport, withDefaultPlugins(above, security()));
		connections.add(connection);
		connection.onClose.once(() => connections.delete(connection));
		options.onConnection(connection, request);
		// A failure to open shows in the connection's state, onClose and stats.
		connection.open().catch(() => {});
	} catch (error) {
		// The application's own mistake: its peer must not wait for it; the caller reports it as uncaught.
		transport.close(1011, 'internal error');
		throw error;
	}
}
