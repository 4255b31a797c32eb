import {
	type AbortSignal,
	asError,
	byteLength,
	type Clock,
	CloseCode,
	type CloseInfo,
	hub,
	integerOption,
	LinkscopeError,
	type Payload,
	systemClock,
	type Transport,
	TransportError,
	type TransportFeatures,
	type TransportSink,
	truncateCloseReason,
} from '@linkscope/core';
import { oneLine } from './one-line.js';
import { frameBytes, type RawSocket, type RawSocketEvents, ReadyState, type WebSocketLike } from './raw-socket.js';
import type { CreateSocket, SocketPlatform, SocketSettings } from './socket-platform.js';
import { UpgradeRefusedError } from './upgrade-refused-error.js';

export interface WebSocketTransportOptions {
	/** The largest message in either direction, in bytes. Default 1 MiB. A wrapped `ws` socket keeps its own maxPayload besides. */
	maxMessageBytes?: number;
	/** Bytes waiting in the socket before send() returns false. Default 256 KiB. */
	highWaterBytes?: number;
	/** Time for the drain poll of browsers. */
	clock?: Clock;
}

const MIB = 1024 * 1024;
/** ws counts in a signed 32-bit integer. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;
/** Frames before open() that may be kept where reading cannot be paused. */
const MAX_EARLY_BYTES = MIB;

/**
 * One WebSocket, dialled or wrapped, on any platform.
 * A wrapped socket is listened to from the first moment: what arrives before open() is kept for it.
 */
export class WebSocketTransport implements Transport, RawSocketEvents {
	readonly kind = 'websocket';
	readonly features: TransportFeatures;
	readonly #platform: SocketPlatform;
	readonly #settings: SocketSettings;
	readonly #dial: (() => Promise<CreateSocket>) | null;
	#raw: RawSocket | null = null;
	#sink: TransportSink | null = null;
	#opening: { resolve(): void; reject(error: Error): void } | null = null;
	#phase: 'new' | 'open' | 'over' = 'new';
	#paused = false;
	/** What the application asked for; the reason is kept because browsers do not give it back. */
	#localClose: { code: number; reason: string } | null = null;
	#discarding = false;
	/** Told to the sink, or to be told when there is one. */
	#end: CloseInfo | null = null;
	#cause: Error | null = null;
	#early: Payload[] = [];
	#earlyBytes = 0;

	constructor(
		platform: SocketPlatform,
		public remote: string,
		options: WebSocketTransportOptions,
		dial: (() => Promise<CreateSocket>) | null = null,
	) {
		this.#platform = platform;
		this.#dial = dial;
		const maxMessageBytes = integerOption('maxMessageBytes', options.maxMessageBytes, MIB, 1, MAX_MESSAGE_BYTES);
		const highWaterBytes = integerOption('highWaterBytes', options.highWaterBytes, MIB / 4);
		this.#settings = { maxMessageBytes, highWaterBytes, clock: options.clock ?? systemClock };
		this.features = { text: true, ordered: true, reliable: true, maxMessageBytes };
	}

	/** Takes a raw socket over and listens to it at once. */
	attach(socket: WebSocketLike): void {
		this.#raw = this.#platform.adapt(socket, this, this.#settings);
		if (socket.url) this.remote = socket.url;
		this.#sink?.claim(socket);
		if (socket.readyState === ReadyState.OPEN) this.opened();
		else if (socket.readyState !== ReadyState.CONNECTING) this.#refuse(new TransportError('OPEN_FAILED', 'websocket: the wrapped socket was closed already'));
	}

	open(sink: TransportSink, signal: AbortSignal): Promise<void> {
		if (this.#sink) return Promise.reject(new TransportError('OPEN_REUSED', 'websocket: a transport opens once: make a new one to dial again'));
		this.#sink = sink;
		const abort = (): void => this.#refuse(new TransportError('OPEN_ABORTED', 'websocket: opening was aborted', { cause: signal.reason }));
		const opened = new Promise<void>((resolve, reject) => {
			this.#opening = { resolve, reject };
		});
		signal.addEventListener('abort', abort, { once: true });
		if (this.#raw) sink.claim(this.#raw.socket);
		if (signal.aborted && this.#phase !== 'open') abort();
		else if (this.#phase === 'open') this.#handOverEarly();
		else if (this.#phase === 'over') this.#settleOpening();
		else if (this.#dial) void this.#start(this.#dial);
		return opened.finally(() => signal.removeEventListener('abort', abort));
	}

	send(payload: Payload): boolean {
		if (this.#phase !== 'open' || this.#localClose !== null || this.#end !== null) return false;
		const { maxMessageBytes } = this.#settings;
		// A UTF-16 unit is 1 to 3 bytes of UTF-8: most texts need no counting here.
		const tooBig =
			typeof payload === 'string' ? payload.length * 3 > maxMessageBytes && byteLength(payload) > maxMessageBytes : payload.length > maxMessageBytes;
		if (tooBig) {
			const text = `websocket: a message of ${byteLength(payload)} bytes; at most ${maxMessageBytes} go: split it, or raise maxMessageBytes`;
			throw new TransportError('MESSAGE_TOO_BIG', text);
		}
		const raw = this.#raw as RawSocket;
		const bytes = hub.active ? byteLength(payload) : 0;
		const accepted = raw.send(payload);
		if (hub.active) this.#sink?.wire(frameBytes(bytes, raw.isClient), 0);
		return accepted;
	}

	opaque(): void {
		this.#raw?.opaque?.();
	}

	/** Absent where the platform cannot stop reading: core then gives up on a slow reader instead. */
	get pause(): (() => void) | undefined {
		return this.#raw?.pause ? this.#pauseReading : undefined;
	}

	resume(): void {
		this.#paused = false;
		this.#raw?.resume?.();
	}

	close(code: number, reason: string): void {
		if (this.#localClose || this.#end) return;
		this.#localClose = { code, reason: truncateCloseReason(reason) };
		if (this.#phase !== 'open') {
			this.#refuse(new TransportError('OPEN_ABORTED', 'websocket: closed before it was open'));
			this.#finish({ ...this.#localClose, wasClean: true, initiatedBy: 'local' });
			return;
		}
		// The peer's answer must be read, whoever paused; what nobody was reading is dropped on the way.
		this.#discarding = this.#paused || this.#sink === null;
		this.#raw?.resume?.();
		this.#raw?.close(code, this.#localClose.reason);
	}

	terminate(): void {
		if (this.#phase !== 'open') this.#refuse(new TransportError('OPEN_ABORTED', 'websocket: terminated before it was open'));
		this.#finish({ code: 1006, reason: this.#localClose?.reason ?? '', wasClean: false, initiatedBy: 'local' });
		this.#raw?.terminate();
	}

	// What the raw socket reports.

	opened(): void {
		if (this.#phase !== 'new') return;
		this.#phase = 'open';
		this.#settleOpening();
	}

	message(payload: Payload, bytes: number): void {
		if (this.#end !== null || this.#discarding) return;
		const { maxMessageBytes } = this.#settings;
		if (bytes > maxMessageBytes) {
			const text = `websocket: the peer sent a message of ${bytes} bytes; at most ${maxMessageBytes} are taken (maxMessageBytes)`;
			this.broken(CloseCode.TOO_BIG, new TransportError('MESSAGE_TOO_BIG', text));
			return;
		}
		const sink = this.#sink;
		if (sink === null) {
			this.#keepEarly(payload, bytes);
			return;
		}
		if (hub.active) sink.wire(0, frameBytes(bytes, !(this.#raw as RawSocket).isClient));
		sink.message(payload);
	}

	drained(): void {
		if (this.#end === null) this.#sink?.drained();
	}

	refused(status: number): void {
		this.#refuse(new UpgradeRefusedError(status, hostOf(this.remote)));
	}

	broken(code: number, error: TransportError): void {
		this.#finish({ code, reason: error.code, wasClean: false, initiatedBy: 'local', error });
		this.#raw?.resume?.();
		this.#raw?.close(code, error.code);
	}

	failed(error: Error): void {
		this.#cause ??= error;
	}

	ended(code: number, reason: string, wasClean: boolean): void {
		if (this.#phase !== 'open') {
			const why = this.#cause ? `: ${oneLine(this.#cause)}` : ' (the platform says no more)';
			this.#refuse(new TransportError('OPEN_FAILED', `websocket: no connection to ${hostOf(this.remote)}${why}`, { cause: this.#cause ?? undefined }));
			return;
		}
		if (this.#localClose) {
			const told = wasClean ? this.#localClose.code : code;
			this.#finish({ code: told, reason: this.#localClose.reason, wasClean, initiatedBy: 'local' });
		} else if (wasClean || code !== 1006) {
			this.#finish({ code, reason, wasClean, initiatedBy: 'remote' });
		} else {
			const why = this.#cause ? `: ${oneLine(this.#cause)}` : ' vanished without a close frame';
			const error = new TransportError('CONNECTION_LOST', `websocket: ${hostOf(this.remote)}${why}`, { cause: this.#cause ?? undefined });
			this.#finish({ code, reason, wasClean, initiatedBy: 'network', error });
		}
	}

	readonly #pauseReading = (): void => {
		this.#paused = true;
		this.#raw?.pause?.();
	};

	async #start(dial: () => Promise<CreateSocket>): Promise<void> {
		try {
			const create = await dial();
			if (this.#phase === 'new') this.attach(create());
		} catch (error) {
			const text = `websocket: could not dial ${hostOf(this.remote)}: ${asError(error).message}`;
			this.#refuse(error instanceof LinkscopeError ? error : new TransportError('OPEN_FAILED', text, { cause: error }));
		}
	}

	/** It never opened, and now never will. */
	#refuse(error: Error): void {
		if (this.#phase !== 'new') return;
		this.#phase = 'over';
		this.#cause = error;
		this.#settleOpening();
		this.#raw?.terminate();
	}

	#settleOpening(): void {
		const opening = this.#opening;
		if (!opening) return;
		this.#opening = null;
		if (this.#phase === 'open') opening.resolve();
		else opening.reject(this.#cause as Error);
	}

	#finish(info: CloseInfo): void {
		if (this.#end) return;
		this.#end = info;
		this.#sink?.closed(info);
	}

	/** ws stops reading, so at most a chunk more comes; elsewhere what waits is bounded by bytes. */
	#keepEarly(payload: Payload, bytes: number): void {
		this.#early.push(payload);
		this.#earlyBytes += bytes;
		if (this.#raw?.pause) this.#raw.pause();
		else if (this.#earlyBytes > MAX_EARLY_BYTES) {
			this.broken(
				CloseCode.SLOW_READER,
				new TransportError('SLOW_READER', `websocket: ${this.#earlyBytes} bytes came before open(): open the connection sooner`),
			);
		}
	}

	#handOverEarly(): void {
		this.#settleOpening();
		const early = this.#early;
		const end = this.#end;
		this.#early = [];
		// It ended meanwhile: the end stays behind what came before it.
		this.#end = null;
		for (const payload of early) this.message(payload, byteLength(payload));
		if (end) this.#finish(end);
		else if (!this.#paused) this.#raw?.resume?.();
	}
}

/** Host of a URL for an error text: no credentials, path or query. */
function hostOf(remote: string): string {
	try {
		return new URL(remote).host;
	} catch {
		return 'the other end';
	}
}
