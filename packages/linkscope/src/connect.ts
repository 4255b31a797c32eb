import type { AbortSignal, Plugin, Transport } from '@linkscope/core';
import type { Invite } from '@linkscope/crypto';
import { type DialOptions, dialWebSocket } from '@linkscope/transports/websocket';
import { Connection, type FacadeOptions, withDefaultPlugins } from './connection.js';
import { readInvite } from './security/read-invite.js';
import { type DialSecurityOptions, dialSecurity, withHeadroom } from './security/security-plugins.js';

export interface ConnectOptions extends Omit<FacadeOptions, 'plugins'>, DialOptions, DialSecurityOptions {
	/** Default: statistics and network. A function, asked once per connection, where several ways to a peer may be tried: a plugin serves one. */
	plugins?: readonly Plugin[] | (() => readonly Plugin[]);
	/** The link of an invite: the peer must be the inviter, and `peer` too where it is given, and both are paired before anything else. */
	invite?: string;
	/** Aborts the dialling and the handshakes; an open connection is not touched. */
	signal?: AbortSignal;
}

/**
 * Dials a WebSocket server and resolves when the connection is ACTIVE. With an `identity` it is authenticated and encrypted end to end.
 * @param url ws:, wss:, http: or https:.
 * @throws TransportError what kept it from opening, with its code; HandshakeError where it could not be secured or paired: a SecurityError where this
 * side saw why, AUTH_REFUSED or INVITE_REFUSED where the peer refused; CryptoError for an invite; TypeError or RangeError for a bad option.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Connection> {
	const invite = options.invite === undefined ? undefined : readInvite(options.invite, options.peer);
	const connection = connectionOver(dialWebSocket(url, withHeadroom(options)), options, invite);
	await connection.open(options.signal);
	return connection;
}

/**
 * A connection to be opened, with what secures it.
 * @param invite one that was read.
 * @param met called when the peer has proved to be who was meant.
 */
export function connectionOver(transport: Transport, options: ConnectOptions, invite?: Invite, met?: () => void): Connection {
	const plugins = typeof options.plugins === 'function' ? options.plugins() : options.plugins;
	return new Connection(transport, withDefaultPlugins({ ...options, plugins }, dialSecurity(options, invite, met)));
}
