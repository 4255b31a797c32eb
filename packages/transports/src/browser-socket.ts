import { byteLength, CloseCode, hub, type Payload, TransportError, type Unsubscribe } from '@linkscope/core';
import { type RawSocket, type RawSocketEvents, ReadyState, sendableCode, type WebSocketLike } from './raw-socket.js';
import type { SocketSettings } from './socket-platform.js';

// The platform tells nobody when its buffer empties, so it is asked; only while it is above the mark.
const DRAIN_POLL_MS = 4;

/** A WebSocket of the web platform: of a browser, of undici, of Deno or Bun. */
export class BrowserSocket implements RawSocket {
	readonly isClient = true;
	readonly #events: RawSocketEvents;
	readonly #options: SocketSettings;
	#cancelPoll: Unsubscribe | null = null;

	constructor(
		readonly socket: WebSocketLike,
		events: RawSocketEvents,
		options: SocketSettings,
	) {
		this.#events = events;
		this.#options = options;
		// A Blob is read asynchronously, which would cost the order.
		socket.binaryType = 'arraybuffer';
		socket.addEventListener('open', () => events.opened());
		socket.addEventListener('message', (event: { data: unknown }) => this.#receive(event.data));
		socket.addEventListener('error', (event: { error?: unknown; message?: unknown }) => {
			if (event.error instanceof Error) events.failed(event.error);
		});
		socket.addEventListener('close', (event: { code: number; reason: string; wasClean: boolean }) => {
			this.#stopPolling();
			events.ended(event.code, event.reason, event.wasClean);
		});
	}

	send(payload: Payload): boolean {
		const { socket } = this;
		socket.send(payload);
		if (this.#cancelPoll === null) {
			if (socket.bufferedAmount <= this.#options.highWaterBytes) return true;
			this.#poll();
		}
		return false;
	}

	close(code: number, reason: string): void {
		this.socket.close(sendableCode(code, true), reason);
	}

	terminate(): void {
		this.#stopPolling();
		if (this.socket.readyState < ReadyState.CLOSING) this.socket.close();
	}

	#receive(data: unknown): void {
		if (typeof data === 'string') {
			// Counting UTF-8 walks the text, so only when somebody looks or the limit is near (a unit is 1 to 3 bytes).
			const exact = hub.active || data.length * 3 > this.#options.maxMessageBytes;
			this.#events.message(data, exact ? byteLength(data) : data.length);
		} else if (typeof (data as ArrayBuffer).byteLength === 'number') {
			this.#events.message(new Uint8Array(data as ArrayBuffer), (data as ArrayBuffer).byteLength);
		} else {
			const error = new TransportError('BINARY_TYPE_CHANGED', 'websocket: a message came as a Blob: leave binaryType of the socket at arraybuffer');
			this.#events.broken(CloseCode.INTERNAL, error);
		}
	}

	#poll(): void {
		this.#cancelPoll = this.#options.clock.after(DRAIN_POLL_MS, () => {
			if (this.socket.bufferedAmount > this.#options.highWaterBytes / 2) return this.#poll();
			this.#cancelPoll = null;
			this.#events.drained();
		});
	}

	#stopPolling(): void {
		this.#cancelPoll?.();
		this.#cancelPoll = null;
	}
}
