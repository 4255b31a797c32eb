import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { type Clock, integerOption, numberOption, systemClock, type Transport } from '@linkscope/core';
import { MAX_MESSAGE_BYTES, type WebSocketTransportOptions } from './websocket-transport.js';

export interface ListenerOptions extends WebSocketTransportOptions {
	/** Port of its own server; 0 takes a free one. Default 0. */
	port?: number;
	/** Address of its own server. Default 127.0.0.1: reachable from this machine only. */
	host?: string;
	/** An HTTP, HTTPS or Express server (what `app.listen()` returns) to attach to, instead of an own one. */
	server?: HttpServer | HttpsServer;
	/** Only upgrades of this path; other paths are left to other handlers of `server`. Default: every path. */
	path?: string;
	/**
	 * Which pages may connect: a list of origins ('https://app.example'), or a function (an origin is undefined where no
	 * browser asks). Default: pages of the host that was dialled, any port; and clients that are no browser.
	 */
	origins?: readonly string[] | ((origin: string | undefined) => boolean);
	/** Subprotocols this server speaks; the first one of the client's that is among them is agreed. Default: none. */
	protocols?: readonly string[];
	/** Compression of the WebSocket itself: true, or the options of ws. Default false. */
	perMessageDeflate?: boolean | object;
	/** An own server ends a connection that has not upgraded within this time. Default 10,000. */
	upgradeTimeoutMs?: number;
	/** Further upgrades are refused with 503. Default 10,000. */
	maxConnections?: number;
	/** close() ends within this bound. Default 5,000. */
	closeTimeoutMs?: number;
}

/** What is known of the request that became a connection. All of it is the peer's word. */
export interface UpgradeRequest {
	/** Path and query. */
	url: string;
	headers: IncomingMessage['headers'];
	origin: string | undefined;
	remoteAddress: string | undefined;
	/** The agreed subprotocol; empty for none. */
	protocol: string;
}

export interface Accepted {
	/** Open it (a Connection does) or close it: until then at most a chunk of what arrives is kept, and reading pauses. */
	transport: Transport;
	request: UpgradeRequest;
}

export interface ListenerSettings {
	port: number;
	host: string;
	upgradeTimeoutMs: number;
	maxConnections: number;
	closeTimeoutMs: number;
	clock: Clock;
}

/** @throws RangeError or TypeError naming the option. */
export function checkedListenerOptions(options: ListenerOptions): ListenerSettings {
	if (options.server && (options.port !== undefined || options.host !== undefined)) {
		throw new TypeError('server: an attached listener has the port and host of that server: leave port and host out');
	}
	if (options.path !== undefined && !options.path.startsWith('/')) throw new TypeError(`path must start with '/', got ${JSON.stringify(options.path)}`);
	// These are checked again per connection; a mistake should show at the start, not at the first client.
	integerOption('maxMessageBytes', options.maxMessageBytes, 1, 1, MAX_MESSAGE_BYTES);
	integerOption('highWaterBytes', options.highWaterBytes, 1);
	return {
		port: integerOption('port', options.port, 0, 0, 65_535),
		host: options.host ?? '127.0.0.1',
		upgradeTimeoutMs: numberOption('upgradeTimeoutMs', options.upgradeTimeoutMs, 10_000),
		maxConnections: integerOption('maxConnections', options.maxConnections, 10_000, 1),
		closeTimeoutMs: numberOption('closeTimeoutMs', options.closeTimeoutMs, 5_000),
		clock: options.clock ?? systemClock,
	};
}

/** Whether a page of this origin may connect. */
export function isOriginAllowed(origins: ListenerOptions['origins'], origin: string | undefined, host: string | undefined): boolean {
	if (typeof origins === 'function') return origins(origin);
	// Only browsers send it, and they always do; any other client could claim what it likes.
	if (origin === undefined) return true;
	if (origins) return origins.includes(origin);
	const page = hostnameOf(origin);
	return page !== null && page === hostnameOf(`http://${host}`);
}

function hostnameOf(url: string): string | null {
	try {
		return new URL(url).hostname || null;
	} catch {
		return null;
	}
}
