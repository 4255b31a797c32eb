import type { Transport } from '@linkscope/core';
import { dialOn } from './dial.js';
import type { DialOptions, DialUrl, PerDial } from './dial-options.js';
import { nodeSockets } from './node-sockets.js';
import type { WebSocketLike } from './raw-socket.js';
import { type WrapOptions, wrapOn } from './wrap.js';

export type { DialOptions, DialUrl, PerDial } from './dial-options.js';
export type { WebSocketLike } from './raw-socket.js';
export { UpgradeRefusedError } from './upgrade-refused-error.js';
export type { WebSocketTransportOptions } from './websocket-transport.js';
export type { WrapOptions } from './wrap.js';

/**
 * A transport that dials a WebSocket when it is opened.
 * @param url ws:, wss:, http: or https:; a function is asked at each dial, for a token or an address that changes.
 * @throws TransportError URL_INVALID; TypeError for an option this platform cannot honour; RangeError for one out of range.
 */
export function dialWebSocket(url: PerDial<DialUrl>, options: DialOptions = {}): Transport {
	return dialOn(nodeSockets, url, options);
}

/**
 * A transport over a socket that exists already: of a browser, of `ws`, of undici; CONNECTING or OPEN.
 * The transport owns the socket from here, and listens at once: what arrives before open() is kept for it.
 * @throws TypeError when it is no WebSocket; RangeError for an option out of range.
 */
export function wrapWebSocket(socket: WebSocketLike, options: WrapOptions = {}): Transport {
	return wrapOn(nodeSockets, socket, options);
}
