import type { Clock } from '@linkscope/core';
import type { DialOptions } from './dial-options.js';
import type { RawSocket, RawSocketEvents, WebSocketLike } from './raw-socket.js';

/** What dialling and wrapping take from the platform they run on: node-sockets.ts, browser-sockets.ts. */
export interface SocketPlatform {
	/** Listens to a raw socket of whatever kind. */
	adapt(socket: WebSocketLike, events: RawSocketEvents, settings: SocketSettings): RawSocket;
	/**
	 * Gets ready for dials with these options: what it returns is called at each dial.
	 * @throws TypeError for an option this platform cannot honour.
	 */
	dialling(options: DialOptions): (url: URL) => Promise<CreateSocket>;
}

export interface SocketSettings {
	highWaterBytes: number;
	maxMessageBytes: number;
	clock: Clock;
}

/** Ready to create a socket: the address and what else is computed per dial is known. */
export type CreateSocket = () => WebSocketLike;
