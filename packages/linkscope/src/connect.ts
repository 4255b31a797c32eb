import type { AbortSignal, Plugin, Transport } from '@linkscope/core';
import type { Invite } from '@linkscope/crypto';
import type { ReconnectingLink } from '@linkscope/resilience';
import { type DialOptions, dialWebSocket } from '@linkscope/transports/websocket';
import { Connection, type FacadeOptions, withDefaultPlugins } from './connection.js';
import { asksForLink, connectLink, type ReconnectingOptions } from './reconnect/connect-link.js';
import { overByOurClock } from './security/over-by-our-clock.js';
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

export interface ConnectLinkOptions extends Omit<ConnectOptions, 'plugins' | 'link'>, ReconnectingOptions {}

/**
 * With `reconnect`, a link that dials again whenever its connection is lost. Resolves when it is CONNECTED for the first time, however often that takes a dial.
 * @throws what no further dial could change, where there is such a failure; what `maxRetries` left; TypeError or RangeError for a bad option.
 */
export function connect(url: string | URL, options: ConnectLinkOptions): Promise<ReconnectingLink>;
/**
 * Dials a WebSocket server and resolves when the connection is ACTIVE. With an `identity` it is authenticated and encrypted end to end.
 * @param url ws:, wss:, http: or https:.
 * @throws TransportError what kept it from opening, with its code; HandshakeError where it could not be secured or paired: a SecurityError where this
 * side saw why, AUTH_REFUSED or INVITE_REFUSED where the peer refused; CryptoError for an invite; TypeError or RangeError for a bad option.
 */
export function connect(url: string | URL, options?: ConnectOptions): Promise<Connection>;
export async function connect(url: string | URL, options: ConnectOptions | ConnectLinkOptions = {}): Promise<Connection | ReconnectingLink> {
	const invite = options.invite === undefined ? undefined : readInvite(options.invite, options.peer);
	const dial = (more: ConnectOptions, inviter?: Invite) => connectionOver(dialWebSocket(url, withHeadroom(options)), { ...options, ...more }, inviter);
	if (asksForLink(options)) return connectLink(options, invite, dial);
	const connection = dial({}, invite);
	await connection.open(options.signal).catch((error) => {
		throw invite ? overByOurClock(error, invite) : error;
	});
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
