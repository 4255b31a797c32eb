import type { Socket } from 'node:net';
import type { Clock, Unsubscribe } from '@linkscope/core';
import { encodeClose, LOST } from './close-frame.js';
import { ControlReader } from './control-reader.js';
import { encodeFrame, Opcode } from './frame-header.js';
import type { HeldBytes } from './held-bytes.js';
import type { RelaySocket, SocketEnd, SocketEvents } from './relay-socket.js';

/** Who gets what a socket reads: first the relay itself, then half of a splice, at the end nobody. */
export interface Reader {
	/** At least one byte, and the reader's own. */
	read(chunk: Buffer): void;
	/** All that was written has left. */
	drained(): void;
	/** Nothing comes any more. May be called twice. */
	finished(): void;
	/** Somebody wants the socket to end. */
	close(end: SocketEnd): void;
}

const NOBODY: Reader = { read() {}, drained() {}, finished() {}, close() {} };

const GOODBYE_MS = 1000;
const KEEP_ALIVE_MS = 60_000;
/** Answers that may wait for a peer that reads none of them. */
const MOST_UNREAD_BYTES = 64 * 1024;

const OWNER = Symbol('the socket above');

interface OwnedStream extends Socket {
	[OWNER]: FramedSocket;
	/** Node's own: what of its last writes the system has not taken yet. It is seen to shrink before a write is done. */
	_handle?: { writeQueueSize?: number } | null;
	/** Node's own: from how many unread bytes on it stops reading. The option for it would set the mark of writing too. */
	_readableState?: { highWaterMark: number };
}

/** A WebSocket over the connection of an upgrade, at the level of frames. */
export class FramedSocket implements RelaySocket {
	readonly address: string;
	/** Whether this end is the client, whose frames are masked. */
	readonly isClient: boolean;
	readonly #stream: OwnedStream;
	readonly #clock: Clock;
	#reader: Reader = NOBODY;
	#events: SocketEvents | null = null;
	#end: SocketEnd | null = null;
	#cancelTimer: Unsubscribe | null = null;
	#heldInAll: HeldBytes | null = null;
	/** As it is counted there. */
	#counted = 0;

	/** @param head what came together with the upgrade */
	constructor(stream: Socket, head: Buffer, { address, isClient, clock }: { address: string; isClient: boolean; clock: Clock }) {
		this.address = address;
		this.isClient = isClient;
		this.#clock = clock;
		this.#stream = stream as OwnedStream;
		this.#stream[OWNER] = this;
		stream.setTimeout(0);
		stream.setNoDelay(true);
		// A peer that vanished without a word would be kept for ever: nobody but its own keep-alive may write to it.
		stream.setKeepAlive(true, KEEP_ALIVE_MS);
		stream.on('error', onError).on('close', onClose);
		// While it is held nothing is read behind what is unread already: one read of 64 KiB is the most that is ever kept.
		if (this.#stream._readableState) this.#stream._readableState.highWaterMark = 0;
		if (head.length > 0) stream.unshift(head);
	}

	get isOpen(): boolean {
		return this.#end === null && !this.#stream.destroyed;
	}

	start(events: SocketEvents): void {
		this.#events = events;
		// 'close' was before its time.
		if (this.#stream.closed) process.nextTick(onClose.bind(this.#stream));
		if (!this.isOpen) return;
		this.#reader = new ControlReader(this, events);
		this.#stream.on('data', onData).on('end', onEnd).on('drain', onDrain);
	}

	hold(): void {
		this.#stream.pause();
	}

	resume(): void {
		this.#stream.resume();
	}

	send(text: string): void {
		if (this.isOpen) this.answer(Opcode.TEXT, Buffer.from(text));
	}

	close(code: number, reason: string): void {
		if (this.#reader !== NOBODY) this.#reader.close({ code, reason });
		else if (this.isOpen) this.sayGoodbye({ code, reason });
	}

	terminate(): void {
		this.#end ??= { code: LOST, reason: '' };
		this.#stream.destroy();
	}

	/** A frame of the relay itself, of at most 64 KiB. */
	answer(opcode: number, payload: Buffer): void {
		this.write(encodeFrame(opcode, payload, this.isClient));
		if (this.heldBytes > MOST_UNREAD_BYTES) this.terminate();
	}

	/** Bytes of whole and half frames. */
	write(bytes: Buffer): void {
		this.#stream.write(bytes);
		this.#count();
	}

	/** From now on what is held here counts among what all hold. */
	countIn(heldInAll: HeldBytes): void {
		this.#heldInAll = heldInAll;
	}

	/** Of less than what drains with a word, nobody would hear that it is gone. */
	#count(): void {
		const held = this.willDrain && !this.#stream.destroyed ? this.heldBytes : 0;
		const change = held - this.#counted;
		this.#counted = held;
		if (change !== 0) this.#heldInAll?.add(change);
	}

	/** What was written and has not left this process. */
	get heldBytes(): number {
		return this.#stream.writableLength;
	}

	/** Whether `drained` will be called. */
	get willDrain(): boolean {
		return this.#stream.writableNeedDrain;
	}

	/** Changes whenever the peer takes something. */
	get progress(): number {
		return this.heldBytes + (this.#stream._handle?.writeQueueSize ?? 0);
	}

	isReadBy(reader: Reader): boolean {
		return this.#reader === reader && !this.#stream.isPaused() && !this.#stream.destroyed;
	}

	/** What a reader has got and leaves to the one after it, or to itself after a pause. */
	putBack(bytes: Buffer): void {
		if (bytes.length > 0 && !this.#stream.destroyed) this.#stream.unshift(bytes);
	}

	/** To another reader, which begins with `resume()`. */
	handOver(reader: Reader): void {
		this.#stream.pause();
		if (this.#reader instanceof ControlReader) this.putBack(this.#reader.takePending());
		this.#reader = reader;
	}

	sayGoodbye(end: SocketEnd): void {
		this.write(encodeClose(end, this.isClient));
		this.leave(end);
	}

	/** Nothing more is said, and nobody listens: ends when the peer ends too, or when it has taken nothing for so long. */
	leave(end: SocketEnd, patienceMs = GOODBYE_MS): void {
		this.#end ??= end;
		this.#reader = NOBODY;
		if (this.#stream.destroyed) return;
		this.#stream.end();
		this.#stream.resume();
		this.#waitForEnd(patienceMs);
	}

	#waitForEnd(patienceMs: number): void {
		const before = this.progress;
		this.#cancelTimer = this.#clock.after(patienceMs, () => {
			if (this.heldBytes > 0 && this.progress !== before) this.#waitForEnd(patienceMs);
			else this.#stream.destroy();
		});
	}

	/** @internal */
	streamRead(chunk: Buffer): void {
		this.#reader.read(chunk);
	}

	/** @internal */
	streamDrained(): void {
		this.#count();
		this.#reader.drained();
	}

	/** @internal */
	streamFinished(): void {
		this.#reader.finished();
	}

	/** @internal */
	streamClosed(): void {
		this.#count();
		this.#reader.finished();
		this.#reader = NOBODY;
		this.#cancelTimer?.();
		this.#end ??= { code: LOST, reason: '' };
		const events = this.#events;
		this.#events = null;
		events?.closed(this.#end);
	}
}

// Shared by all sockets: closures of their own would cost an idle one more than all else it holds.

function onData(this: Socket, chunk: Buffer): void {
	(this as OwnedStream)[OWNER].streamRead(chunk);
}

function onDrain(this: Socket): void {
	(this as OwnedStream)[OWNER].streamDrained();
}

function onEnd(this: Socket): void {
	(this as OwnedStream)[OWNER].streamFinished();
}

// 'close' follows.
function onError(): void {}

function onClose(this: Socket): void {
	(this as OwnedStream)[OWNER].streamClosed();
}
