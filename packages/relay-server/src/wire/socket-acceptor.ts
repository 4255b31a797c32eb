import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@linkscope/core';
import { WebSocketServer } from 'ws';
import { FramedSocket } from './framed-socket.js';
import type { RelaySocket } from './relay-socket.js';

/** What ws makes for each upgrade in the place of a WebSocket of its own: it keeps the connection and frames nothing. */
class Upgraded {
	stream!: Socket;
	head!: Buffer;

	setSocket(stream: Socket, head: Buffer): void {
		this.stream = stream;
		this.head = head;
	}
}

/** Answers upgrade requests: ws judges the request, the frames are ours. */
export class SocketAcceptor {
	readonly #server = new WebSocketServer({
		noServer: true,
		clientTracking: false,
		perMessageDeflate: false,
		WebSocket: Upgraded as never,
	});
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * @param address of the peer, as the caller knows it
	 * @returns null where the request is no good one; it was answered then.
	 */
	accept(request: IncomingMessage, stream: Duplex, head: Buffer, address: string): RelaySocket | null {
		let socket: RelaySocket | null = null;
		this.#server.handleUpgrade(request, stream, head, (upgraded) => {
			const { stream, head } = upgraded as unknown as Upgraded;
			socket = new FramedSocket(stream, head, { address, isClient: false, clock: this.#clock });
		});
		return socket;
	}
}
