import type { AbortSignal } from '@linkscope/core';
import type { Invite } from '@linkscope/crypto';
import { type DialOptions, dialWebSocket } from '@linkscope/transports/websocket';
import { Connection, type FacadeOptions, withDefaultPlugins } from './connection.js';
import { readInvite } from './security/read-invite.js';
import { type DialSecurityOptions, dialSecurity, withHeadroom } from './security/security-plugins.js';

export interface ConnectOptions extends FacadeOptions, DialOptions, DialSecurityOptions {
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
	return dial(String(url), options, options.invite === undefined ? undefined : readInvite(options.invite, options.peer));
}

/**
 * The same, with an invite that was read.
 * @param met called when the peer has proved to be who was meant.
 */
export async function dial(url: string, options: ConnectOptions, invite: Invite | undefined, met?: () => void): Promise<Connection> {
	const security = dialSecurity(options, invite, met);
	const connection = new Connection(dialWebSocket(url, withHeadroom(options)), withDefaultPlugins(options, security));
	await connection.open(options.signal);
	return connection;
}
