import { hub, type Unsubscribe } from '@linkscope/core';
import { replaceMethod } from './replace.js';
import type { Target } from './target.js';

export type WsServerClass = (new () => object) & { prototype: object };

/** What is used of the TCP or TLS socket under a WebSocket. */
export interface TcpSocket {
	readonly remoteAddress?: string;
	readonly remotePort?: number;
	readonly localAddress?: string;
	readonly localPort?: number;
	/** Over TLS. */
	readonly encrypted?: boolean;
}

/** Host and path that a peer asked for: a server's WebSocket is told nothing of its request. */
const asked = new WeakMap<object, string>();

export function patchServer(target: Target, { prototype }: WsServerClass): Unsubscribe {
	return replaceMethod(
		prototype,
		'handleUpgrade',
		(original) =>
			new Proxy(original, {
				apply: (method, server, args) => {
					if (target.live && hub.active) remember(args[0], args[1]);
					return Reflect.apply(method, server, args);
				},
			}),
	);
}

function remember(request: { headers?: { host?: string }; url?: string } | undefined, socket: unknown): void {
	const host = request?.headers?.host;
	if (host && typeof socket === 'object' && socket !== null) asked.set(socket, `${host}${request?.url}`);
}

/** The URL that the peer of an accepted socket asked for; where its request was not seen, this side's address. */
export function acceptedUrl(socket: TcpSocket = {}): string {
	return `${socket.encrypted ? 'wss' : 'ws'}://${asked.get(socket) ?? address(socket.localAddress, socket.localPort)}`;
}

/** Address and port of the peer of an accepted socket. */
export function peerAddress({ remoteAddress, remotePort }: TcpSocket = {}): string {
	return address(remoteAddress, remotePort);
}

function address(host = 'unknown', port = 0): string {
	return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
