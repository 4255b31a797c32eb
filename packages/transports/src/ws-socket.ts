import { codeOf, type Payload, TransportError } from '@linkscope/core';
import { maskOfSealed } from './masking.js';
import { type RawSocket, type RawSocketEvents, ReadyState, sendableCode, type WebSocketLike } from './raw-socket.js';
import { sealedFrame } from './sealed-frame.js';

/** The part of a `ws` socket we use. */
export interface WsLike extends WebSocketLike {
	on(event: string, listener: (...args: never[]) => void): unknown;
	send(data: string | ArrayBufferView, flushed?: () => void): void;
	pause(): void;
	resume(): void;
	terminate(): void;
	readonly _isServer?: boolean;
	/** What was negotiated, as in the response to the upgrade. */
	readonly extensions?: string;
	/** Once the upgrade is done. */
	readonly _socket?: TcpSocket | null;
}

/** The TCP or TLS socket below. */
interface TcpSocket {
	on(event: 'error', listener: (error: Error) => void): unknown;
	/** Of TLS. */
	readonly encrypted?: boolean;
	write(bytes: Uint8Array, written?: () => void): boolean;
	cork(): void;
	uncork(): void;
}

/** Messages below this share a write with what else is sent in the same run: the system call costs more than they do. */
const GATHERED_BYTES = 4096;

export function isWs(socket: WebSocketLike): socket is WsLike {
	const { on, terminate } = socket as Partial<WsLike>;
	return typeof on === 'function' && typeof terminate === 'function';
}

/** A socket of the `ws` package, of either side. */
export class WsSocket implements RawSocket {
	readonly isClient: boolean;
	#choked = false;
	#sentThisTurn = 0;
	/** Several messages were sent in this turn or the one before. */
	#bursts = false;
	#corked = false;
	/** Every message is sealed from now on. */
	#opaque = false;
	readonly #flushed: () => void;
	readonly #highWaterBytes: number;

	constructor(
		readonly socket: WsLike,
		events: RawSocketEvents,
		{ highWaterBytes }: { highWaterBytes: number },
	) {
		this.#highWaterBytes = highWaterBytes;
		this.isClient = socket._isServer !== true;
		// 'fragments' and 'blob' would need a copy or a wait; a Buffer is a view of what was read.
		if (socket.binaryType !== 'arraybuffer') socket.binaryType = 'nodebuffer';
		this.#flushed = () => {
			if (!this.#choked || socket.bufferedAmount > highWaterBytes / 2) return;
			this.#choked = false;
			events.drained();
		};
		// The emitter's own event, not addEventListener: it allocates no MessageEvent.
		socket.on('message', (data: Uint8Array | ArrayBuffer | string, isBinary?: boolean) => {
			if (isBinary === false) events.message(data.toString(), (data as Uint8Array).length);
			else deliverBinary(data, events);
		});
		socket.on('open', () => {
			watchErrors(socket, events);
			events.opened();
		});
		socket.on('unexpected-response', (_request: unknown, response: { statusCode?: number }) => events.refused(response.statusCode ?? 0));
		socket.on('error', (error: Error) => {
			const violation = violationOf(error);
			if (violation) events.broken(violation.code, violation.error);
			else events.failed(error);
		});
		// The event, because only it says whether the close was clean.
		socket.addEventListener('close', (event: { code: number; reason: string; wasClean: boolean }) => events.ended(event.code, event.reason, event.wasClean));
		watchErrors(socket, events);
	}

	send(payload: Payload): boolean {
		const { socket } = this;
		// For text its length stands for its bytes: near enough for a mark, and free.
		const bytes = payload.length;
		if (bytes < GATHERED_BYTES) this.#gather();
		// Every message from the first refusal on has a callback, so the last of them finds the socket empty.
		this.#choked ||= socket.bufferedAmount + bytes > this.#highWaterBytes;
		const flushed = this.#choked ? this.#flushed : undefined;
		const isOurs = this.#opaque && typeof payload !== 'string' && (this.isClient || bytes < GATHERED_BYTES);
		if (!isOurs || !this.#sendSealed(payload, flushed)) socket.send(payload, flushed);
		return !this.#choked;
	}

	/**
	 * What is sent in one turn leaves in one write when the running code has ended, before any timer or I/O. A first message is not
	 * held back where the turn before had no second one: for question and answer the gathering would only cost time.
	 */
	#gather(): void {
		const tcp = this.socket._socket;
		if (!tcp) return;
		if (this.#sentThisTurn++ === 0) void this.#endTurn(tcp);
		else this.#bursts = true;
		if (!this.#bursts || this.#corked) return;
		this.#corked = true;
		tcp.cork();
	}

	async #endTurn(tcp: TcpSocket): Promise<void> {
		// Half the price of queueMicrotask, which Node wraps in a resource of its own.
		await undefined;
		this.#bursts = this.#sentThisTurn > 1;
		this.#sentThisTurn = 0;
		if (!this.#corked) return;
		this.#corked = false;
		tcp.uncork();
	}

	/**
	 * A sealed message, past ws: that takes twelve times as long to mask it, and hands a server's header and message to the system as two buffers.
	 * @returns false where the frame is not ours to make.
	 */
	#sendSealed(message: Uint8Array, flushed: (() => void) | undefined): boolean {
		const { _socket: tcp, extensions, readyState } = this.socket;
		if (!tcp || extensions !== '' || readyState !== ReadyState.OPEN) return false;
		tcp.write(sealedFrame(message, this.isClient ? maskOfSealed(tcp.encrypted === true) : null), flushed);
		return true;
	}

	opaque(): void {
		this.#opaque = true;
	}

	pause(): void {
		this.socket.pause();
	}

	resume(): void {
		this.socket.resume();
	}

	close(code: number, reason: string): void {
		this.socket.close(sendableCode(code, false), reason);
	}

	terminate(): void {
		this.socket.terminate();
	}
}

function deliverBinary(data: Uint8Array | ArrayBuffer | string, events: RawSocketEvents): void {
	if (typeof data === 'string') return events.message(data, data.length); // ws 7 hands text over as a string
	// A plain Uint8Array, as in a browser: a Buffer's slice() and toString() behave differently.
	const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
	events.message(bytes, bytes.length);
}

/** ws has told the peer already, with the code named here (RFC 6455 section 7.4.1). */
function violationOf(error: Error): { code: number; error: TransportError } | null {
	const code = codeOf(error);
	if (!code?.startsWith('WS_ERR_')) return null;
	const describe = (name: string, text: string): TransportError => new TransportError(name, `websocket: ${text}: ${error.message}`, { cause: error });
	if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return { code: 1009, error: describe('MESSAGE_TOO_BIG', 'the peer sent more than maxMessageBytes') };
	if (code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS') return { code: 1008, error: describe('TOO_MANY_FRAGMENTS', 'the peer cut a message too small') };
	if (code === 'WS_ERR_INVALID_UTF8') return { code: 1007, error: describe('PROTOCOL_VIOLATION', 'the peer sent text that is no UTF-8') };
	return { code: 1002, error: describe('PROTOCOL_VIOLATION', 'the peer broke the WebSocket protocol') };
}

/** ws keeps an error of the TCP socket to itself; it is the only witness of an ECONNRESET. */
function watchErrors(socket: WsLike, events: RawSocketEvents): void {
	socket._socket?.on('error', (error) => events.failed(error));
}
