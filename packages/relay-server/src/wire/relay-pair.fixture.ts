import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Clock, systemClock } from '@linkscope/core';
import WebSocket from 'ws';
import type { RelaySocket, SocketEnd, SocketEvents } from './relay-socket.js';
import { SocketAcceptor } from './socket-acceptor.js';
import { splice } from './splice.js';
import type { Splice, SpliceEnd, SpliceOptions } from './splice-options.js';

export const MiB = 1024 * 1024;

/** The least that can be called a relay: accepts sockets, and hands each to who waits for the next. */
export class TinyRelay {
	/** Below the socket that came last. */
	stream!: Socket;
	readonly #server: Server;
	readonly #arrived: RelaySocket[] = [];
	readonly #awaited: ((socket: RelaySocket) => void)[] = [];
	readonly #opened: { terminate(): void }[] = [];

	private constructor(server: Server) {
		this.#server = server;
	}

	static async listen(clock: Clock = systemClock): Promise<TinyRelay> {
		const acceptor = new SocketAcceptor(clock);
		const server = createServer();
		const relay = new TinyRelay(server);
		server.on('upgrade', (request, stream, head) => {
			relay.stream = request.socket;
			const socket = acceptor.accept(request, stream, head, request.socket.remoteAddress ?? '');
			if (socket) relay.#arrive(socket);
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return relay;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	get url(): string {
		return `ws://127.0.0.1:${this.port}`;
	}

	#arrive(socket: RelaySocket): void {
		this.#opened.push(socket);
		const taker = this.#awaited.shift();
		if (taker) taker(socket);
		else this.#arrived.push(socket);
	}

	next(): Promise<RelaySocket> {
		const socket = this.#arrived.shift();
		return socket ? Promise.resolve(socket) : new Promise((resolve) => this.#awaited.push(resolve));
	}

	/** A client of ws and its other end. */
	async client(): Promise<{ client: WebSocket; socket: RelaySocket }> {
		const client = new WebSocket(this.url, { perMessageDeflate: false, maxPayload: 0 });
		client.on('error', () => {});
		this.#opened.push(client);
		const socket = await this.next();
		if (client.readyState !== client.OPEN) await new Promise((resolve) => client.once('open', resolve));
		return { client, socket };
	}

	/** A client that writes bytes of its own choice, and its other end. */
	async raw(): Promise<{ client: Socket; socket: RelaySocket }> {
		const client = connect(this.port, '127.0.0.1');
		client.on('error', () => {});
		this.#opened.push({ terminate: () => client.destroy() });
		client.write(
			'GET / HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
		);
		const socket = await this.next();
		await new Promise<void>((resolve) => {
			let head = '';
			client.on('data', function read(chunk: Buffer) {
				head += chunk.toString('latin1');
				if (!head.endsWith('\r\n\r\n')) return;
				client.off('data', read);
				resolve();
			});
		});
		return { client, socket };
	}

	async close(): Promise<void> {
		for (const client of this.#opened) client.terminate();
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}

export const LIMITS = { maxFrameBytes: 2 * MiB, heldBytesPerDirection: 2 * MiB, stallTimeoutMs: 30_000 };

export interface Spliced {
	splice: Splice;
	/** When nothing is piped any more. */
	ended: Promise<SpliceEnd>;
	/** When both connections are gone. */
	closed: Promise<SocketEnd[]>;
}

export function spliceSockets(dialler: RelaySocket, listener: RelaySocket, options: Partial<SpliceOptions> = {}): Spliced {
	const closed = Promise.all([dialler, listener].map((socket) => new Promise<SocketEnd>((resolve) => socket.start(events(resolve)))));
	let hasEnded!: (end: SpliceEnd) => void;
	const ended = new Promise<SpliceEnd>((resolve) => {
		hasEnded = resolve;
	});
	return { splice: splice(dialler, listener, { clock: systemClock, ...LIMITS, ended: hasEnded, ...options }), ended, closed };
}

function events(closed: (end: SocketEnd) => void): SocketEvents {
	return { text() {}, closed };
}

/** Two clients of ws with a relay between them. */
export async function splicedClients(relay: TinyRelay, options: Partial<SpliceOptions> = {}) {
	const { client: dialler, socket: diallerSocket } = await relay.client();
	const { client: listener, socket: listenerSocket } = await relay.client();
	return { dialler, listener, diallerSocket, listenerSocket, ...spliceSockets(diallerSocket, listenerSocket, options) };
}

export interface Message {
	data: Buffer;
	isBinary: boolean;
}

/** The next messages of a client. */
export function messages(client: WebSocket, count: number): Promise<Message[]> {
	return new Promise((resolve) => {
		const got: Message[] = [];
		client.on('message', function take(data: Buffer, isBinary: boolean) {
			got.push({ data, isBinary });
			if (got.length < count) return;
			client.off('message', take);
			resolve(got);
		});
	});
}

export function closing(client: WebSocket): Promise<SocketEnd> {
	return new Promise((resolve) => client.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
}
