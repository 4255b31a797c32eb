import WebSocket from 'isomorphic-ws';
import { browserSockets } from './browser-sockets.js';
import type { DialOptions } from './dial-options.js';
import type { SocketPlatform } from './socket-platform.js';
import { wsOptions } from './ws-options.js';
import { isWs, WsSocket } from './ws-socket.js';

/** Sockets of `ws`, and of the web platform too: undici's are wrapped in Node, and a bundler may not know of browsers. */
export const nodeSockets: SocketPlatform = {
	adapt: (socket, events, settings) => (isWs(socket) ? new WsSocket(socket, events, settings) : browserSockets.adapt(socket, events, settings)),
	dialling: (options) => (hasWs() ? diallingWs(options) : browserSockets.dialling(options)),
};

function hasWs(): boolean {
	return typeof (WebSocket as { prototype?: { on?: unknown } } | undefined)?.prototype?.on === 'function';
}

function diallingWs(options: DialOptions): ReturnType<SocketPlatform['dialling']> {
	const cookie = options.cookies && cookieHeader(options.cookies);
	return async (url) => {
		const given = typeof options.headers === 'function' ? await options.headers() : options.headers;
		const headers = cookie ? { ...given, Cookie: cookie } : given;
		const all = {
			...wsOptions(options),
			followRedirects: false,
			...(headers && { headers }),
			...(options.agent && { agent: options.agent }),
			...(options.ca && { ca: options.ca }),
		};
		return () => new WebSocket(url.href, [...(options.protocols ?? [])], all as object);
	};
}

// RFC 6265 section 4.1.1: what a cookie's name and value may not hold. Above all no separator and no line end.
const NOT_IN_COOKIES = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/;

function cookieHeader(cookies: Readonly<Record<string, string>>): string {
	return Object.entries(cookies)
		.map(([name, value]) => {
			if (NOT_IN_COOKIES.test(name) || name.includes('=') || NOT_IN_COOKIES.test(value)) {
				throw new TypeError(`cookies: ${JSON.stringify(name)} holds a character no cookie may (RFC 6265): encode it first`);
			}
			return `${name}=${value}`;
		})
		.join('; ');
}
