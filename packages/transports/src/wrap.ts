import type { Transport } from '@linkscope/core';
import type { WebSocketLike } from './raw-socket.js';
import { WebSocketTransport, type WebSocketTransportOptions } from './websocket-transport.js';

export interface WrapOptions extends WebSocketTransportOptions {
	/** The far end for people, where the socket does not know its URL (the server's side). */
	remote?: string;
}

/**
 * A transport over a socket that exists already: of a browser, of `ws`, of undici; CONNECTING or OPEN.
 * The transport owns the socket from here, and listens at once: what arrives before open() is kept for it.
 * @throws TypeError when it is no WebSocket; RangeError for an option out of range.
 */
export function wrapWebSocket(socket: WebSocketLike, options: WrapOptions = {}): Transport {
	if (typeof socket?.addEventListener !== 'function' || typeof socket.send !== 'function' || typeof socket.readyState !== 'number') {
		throw new TypeError('wrapWebSocket expects a WebSocket (send, addEventListener, readyState): of a browser, of ws, of undici');
	}
	const transport = new WebSocketTransport(options.remote ?? 'websocket', options);
	transport.attach(socket);
	return transport;
}
