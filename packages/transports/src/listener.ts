import { createServer, type Server as HttpServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { codeOf, Emitter, type Subscribable, type Transport, TransportError, type Unsubscribe } from '@linkscope/core';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Accepted, checkedListenerOptions, isOriginAllowed, type ListenerOptions, type ListenerSettings } from './listener-options.js';
import { wrapWebSocket } from './websocket.js';
import { wsOptions } from './ws-options.js';

export interface WebSocketListener {
	/** Each accepted connection. Without a subscriber a connection is closed at once with 1013. */
	readonly onTransport: Subscribable<Accepted>;
	readonly connectionCount: number;
	/** Resolves when upgrades are taken. @throws TransportError LISTEN_FAILED. */
	listen(): Promise<{ port: number; url: string }>;
	/** Takes no more, closes every connection with 1001, and ends within `closeTimeoutMs`. An attached server goes on. Never rejects. */
	close(): Promise<void>;
}

/**
 * Accepts WebSockets: on a port of its own, or on an existing HTTP, HTTPS or Express server.
 * @throws RangeError or TypeError naming the option.
 */
export function createWebSocketListener(options: ListenerOptions = {}): WebSocketListener {
	return new Listener(options, checkedListenerOptions(options));
}

class Listener implements WebSocketListener {
	readonly onTransport = new Emitter<Accepted>();
	readonly #options: ListenerOptions;
	readonly #settings: ListenerSettings;
	readonly #server: HttpServer | HttpsServer;
	readonly #upgrader: WebSocketServer;
	readonly #transports = new Map<WebSocket, Transport>();
	/** Connections of the own server that have not upgraded yet, each with its timer. */
	readonly #waiting = new Map<Socket, Unsubscribe>();
	#listening: Promise<{ port: number; url: string }> | null = null;
	#closing: Promise<void> | null = null;
	#allGone: (() => void) | null = null;

	constructor(options: ListenerOptions, settings: ListenerSettings) {
		this.#options = options;
		this.#settings = settings;
		this.#server = options.server ?? this.#createOwnServer();
		this.#upgrader = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			...wsOptions(options),
			// To agree on a protocol nobody here speaks would be a lie to the client.
			handleProtocols: (offered: Set<string>) => [...offered].find((protocol) => options.protocols?.includes(protocol)) ?? false,
		} as object);
	}

	get connectionCount(): number {
		return this.#transports.size;
	}

	listen(): Promise<{ port: number; url: string }> {
		if (this.#closing) return Promise.reject(new TransportError('LISTEN_FAILED', 'websocket: the listener was closed: create a new one'));
		this.#listening ??= this.#startListening();
		return this.#listening;
	}

	close(): Promise<void> {
		this.#closing ??= this.#closeInOrder();
		return this.#closing;
	}

	async #startListening(): Promise<{ port: number; url: string }> {
		const server = this.#server;
		server.on('upgrade', this.#onUpgrade);
		if (!server.listening) {
			await new Promise<void>((resolve, reject) => {
				const succeeded = (): void => {
					server.off('error', failed);
					resolve();
				};
				const failed = (error: Error): void => {
					server.off('listening', succeeded);
					server.off('upgrade', this.#onUpgrade);
					reject(this.#listenError(error));
				};
				server.once('error', failed);
				server.once('listening', succeeded);
				if (!this.#options.server) server.listen(this.#settings.port, this.#settings.host);
			});
		}
		return this.#address();
	}

	#address(): { port: number; url: string } {
		const { address, port, family } = this.#server.address() as AddressInfo;
		const isEverywhere = address === '0.0.0.0' || address === '::';
		const host = isEverywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
		const scheme = 'setSecureContext' in this.#server ? 'wss' : 'ws';
		return { port, url: `${scheme}://${host}:${port}${this.#options.path ?? '/'}` };
	}

	#listenError(error: Error): TransportError {
		const { host, port } = this.#settings;
		const where = this.#options.server ? 'the port of the given server' : `port ${port} of ${host}`;
		const why = codeOf(error) === 'EADDRINUSE' ? 'is taken: choose another, or 0 for a free one' : `cannot be listened on: ${error.message}`;
		return new TransportError('LISTEN_FAILED', `websocket: ${where} ${why}`, { cause: error });
	}

	#createOwnServer(): HttpServer {
		const server = createServer((_request, response) => {
			response.writeHead(426, { Connection: 'close', 'Content-Type': 'text/plain' }).end('This port speaks WebSocket only.\n');
		});
		// Slow upgrades: a socket holds its place for a bounded time, and their number is bounded too.
		server.maxConnections = 2 * this.#settings.maxConnections;
		server.on('connection', (socket) => {
			const cancel = this.#settings.clock.after(this.#settings.upgradeTimeoutMs, () => socket.destroy());
			this.#waiting.set(socket, cancel);
			socket.once('close', () => this.#stopWaiting(socket));
		});
		return server;
	}

	#stopWaiting(socket: Socket): void {
		this.#waiting.get(socket)?.();
		this.#waiting.delete(socket);
	}

	readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
		const { path, origins, server } = this.#options;
		if (path !== undefined && request.url?.split('?', 1)[0] !== path) {
			// Someone else's, unless there is nobody else: then the client would wait for ever.
			if (!server || this.#server.listenerCount('upgrade') === 1) refuse(socket, 404, 'no WebSocket at this path');
			return;
		}
		const { origin, host } = request.headers;
		if (this.#closing) return refuse(socket, 503, 'shutting down');
		if (!isOriginAllowed(origins, origin, host)) return refuse(socket, 403, 'this origin may not connect: the server lists who may in `origins`');
		if (this.#transports.size >= this.#settings.maxConnections) return refuse(socket, 503, 'too many connections');
		this.#upgrader.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request));
	};

	#accept(webSocket: WebSocket, request: IncomingMessage): void {
		const { remoteAddress, remotePort } = request.socket;
		this.#stopWaiting(request.socket);
		const { maxMessageBytes, highWaterBytes, clock } = this.#options;
		const transport = wrapWebSocket(webSocket, { maxMessageBytes, highWaterBytes, clock, remote: `${remoteAddress}:${remotePort}` });
		this.#transports.set(webSocket, transport);
		webSocket.on('close', () => {
			this.#transports.delete(webSocket);
			if (this.#transports.size === 0) this.#allGone?.();
		});
		if (this.onTransport.count === 0) return transport.close(1013, 'nobody takes connections yet');
		const { url = '/', headers } = request;
		this.onTransport.emit({ transport, request: { url, headers, origin: headers.origin, remoteAddress, protocol: webSocket.protocol } });
	}

	async #closeInOrder(): Promise<void> {
		// An own server answers soon; a given one may never listen.
		if (!this.#options.server) await this.#listening?.catch(() => {});
		const server = this.#server;
		const { closeTimeoutMs, clock } = this.#settings;
		server.off('upgrade', this.#onUpgrade);
		const gone = new Promise<void>((resolve) => {
			this.#allGone = resolve;
			if (this.#transports.size === 0) resolve();
		});
		for (const transport of this.#transports.values()) transport.close(1001, 'server shutting down');
		const terminateAll = (): void => {
			for (const transport of this.#transports.values()) transport.terminate();
		};
		const cancel = clock.after(closeTimeoutMs, terminateAll, { keepAlive: true });
		const stopped = this.#options.server || !server.listening ? undefined : new Promise<void>((resolve) => server.close(() => resolve()));
		for (const socket of [...this.#waiting.keys()]) socket.destroy();
		await gone;
		await stopped;
		cancel();
	}
}

/** Answers an upgrade with plain HTTP, and ends the connection. */
function refuse(socket: Duplex, status: number, text: string): void {
	socket.on('error', () => socket.destroy());
	socket.once('finish', () => socket.destroy());
	const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(text)}`];
	socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
