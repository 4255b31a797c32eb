import type { AbortSignal } from '@linkscope/core';
import { type DialOptions, dialWebSocket } from '@linkscope/transports/websocket';
import { Connection, type FacadeOptions, withDefaultPlugins } from './connection.js';

export interface ConnectOptions extends FacadeOptions, DialOptions {
	/** Aborts the dialling and the handshakes; an open connection is not touched. */
	signal?: AbortSignal;
}

/**
 * Dials a WebSocket server and resolves when the connection is ACTIVE.
 * @param url ws:, wss:, http: or https:.
 * @throws TransportError what kept it from opening, with its code; TypeError or RangeError for a bad option.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Connection> {
	const connection = new Connection(dialWebSocket(String(url), options), withDefaultPlugins(options));
	await connection.open(options.signal);
	return connection;
}
