import type { ConnectionOptions, Plugin, Transport } from '@linkscope/core';
import { Connection, withDefaultPlugins } from './connection.js';
import { acceptSecurity, type ListenSecurityOptions } from './security/security-plugins.js';

/** @typeParam Request what is known of how a connection came. */
export interface AcceptConnectionsOptions<Request> extends ListenSecurityOptions, Omit<ConnectionOptions, 'plugins' | 'initiator' | 'link'> {
	/** Asked once per connection, because a plugin serves one; they go above those that secure it. Default: statistics and network. One that throws is told as below. */
	plugins?: (request: Request) => readonly Plugin[];
	/**
	 * Each accepted connection, before it opens: subscribe, add plugins; what is sent already waits until it is ACTIVE.
	 * What it throws is reported as uncaught, as from any listener; the peer is closed with 1011.
	 */
	onConnection: (connection: Connection, request: Request) => void;
	/** The largest message in either direction, in bytes. Default 1 MiB. */
	maxMessageBytes?: number;
	/** Further connections are turned away. Default 10,000. */
	maxConnections?: number;
}

const GOING_AWAY = 'server shutting down';

/** The connections of a listener, whichever way they come. */
export class AcceptedConnections<Request> {
	readonly #options: AcceptConnectionsOptions<Request>;
	readonly #security: () => Plugin[];
	readonly #connections = new Set<Connection>();
	#isClosing = false;

	/** @throws TypeError naming the option. */
	constructor(options: AcceptConnectionsOptions<Request>) {
		if (typeof options?.onConnection !== 'function') throw new TypeError('onConnection must be a function: listen({ onConnection(connection) { … } })');
		if (options.plugins !== undefined && typeof options.plugins !== 'function') {
			throw new TypeError('plugins must be a function here, because each connection needs its own: listen({ plugins: () => [new PingPongPlugin()] })');
		}
		this.#options = options;
		this.#security = acceptSecurity(options);
	}

	get count(): number {
		return this.#connections.size;
	}

	accept(transport: Transport, request: Request): void {
		const { maxConnections = 10_000 } = this.#options;
		if (this.#isClosing) return transport.close(1001, GOING_AWAY);
		if (this.#connections.size >= maxConnections) return transport.close(1013, 'too many connections');
		try {
			const above = { ...this.#options, initiator: false, plugins: this.#options.plugins?.(request) };
			const connection = new Connection(transport, withDefaultPlugins(above, this.#security()));
			this.#connections.add(connection);
			connection.onClose.once(() => this.#connections.delete(connection));
			this.#options.onConnection(connection, request);
			// A failure to open shows in the connection's state, onClose and stats.
			connection.open().catch(() => {});
		} catch (error) {
			// The application's own mistake: its peer must not wait for it; the caller reports it as uncaught.
			transport.close(1011, 'internal error');
			throw error;
		}
	}

	/** As connections, not as sockets: what secures them says goodbye under its seal. */
	async close(): Promise<void> {
		this.#isClosing = true;
		await Promise.all([...this.#connections].map((connection) => connection.close(GOING_AWAY, 1001)));
	}
}
