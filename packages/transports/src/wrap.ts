import type { Transport } from '@linkscope/core';
import type { WebSocketLike } from './raw-socket.js';
import type { SocketPlatform } from './socket-platform.js';
import { WebSocketTransport, type WebSocketTransportOptions } from './websocket-transport.js';

export interface WrapOptions extends WebSocketTransportOptions {
	/** The far end for people, where the socket does not know its URL (the server's side). */
	remote?: string;
}

/** `wrapWebSocket` on a platform. */
export function wrapOn(platform: SocketPlatform, socket: WebSocketLike, options: WrapOptions): Transport {
	if (typeof socket?.addEventListener !== 'function' || typeof socket.send !== 'function' || typeof socket.readyState !== 'number') {
		throw new TypeError('wrapWebSocket expects a WebSocket (send, addEventListener, readyState): of a browser, of ws, of undici');
	}
	const transport = new WebSocketTransport(platform, options.remote ?? 'websocket', options);
	transport.attach(socket);
	return transport;
}
