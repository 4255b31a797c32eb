import WebSocket from 'isomorphic-ws';
import { BrowserSocket } from './browser-socket.js';
import type { SocketPlatform } from './socket-platform.js';

const NODE_ONLY = ['headers', 'cookies', 'agent', 'ca', 'perMessageDeflate'] as const;

/** Sockets of the web platform. */
export const browserSockets: SocketPlatform = {
	adapt: (socket, events, settings) => new BrowserSocket(socket, events, settings),
	dialling(options) {
		for (const name of NODE_ONLY) {
			if (options[name] !== undefined) throw new TypeError(`${name}: browsers let no script set it: leave the option out here`);
		}
		return async (url) => () => new WebSocket(url.href, [...(options.protocols ?? [])]);
	},
};
