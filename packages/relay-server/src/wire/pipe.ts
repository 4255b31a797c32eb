import { encodeClose, readClose } from './close-frame.js';
import { FrameHeader, Opcode } from './frame-header.js';
import type { FramedSocket, Reader } from './framed-socket.js';
import type { SocketEnd } from './relay-socket.js';
import type { Piped, SpliceEnd } from './splice-options.js';
import { unmask, wordsOf } from './unmask.js';

const MASK_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** Each write that waits costs more than its bytes: a peer that dribbles is paused before a million of them wait. */
const MOST_WAITING_WRITES = 4096;

/** What the splice has to know of one direction. */
export interface PipeEvents {
	/** The source said a goodbye that nothing follows. */
	said(pipe: Pipe, end: SocketEnd): void;
	/** The source sent what it must not. All before it went through. */
	broke(pipe: Pipe, end: SocketEnd, cause: SpliceEnd['cause']): void;
	/** The connection of the source is gone. */
	lost(pipe: Pipe): void;
	/** So much waits for the target that the source was paused; or no longer. */
	blocked(pipe: Pipe, isBlocked: boolean): void;
	/** Nothing is written to the target any more. */
	over(pipe: Pipe): void;
	/** Somebody closed the source from outside of the splice. */
	closing(end: SocketEnd): void;
}

export interface PipeLimits {
	readonly maxFrameBytes: number;
	/** Of this moment. */
	readonly heldBytesPerDirection: number;
	/** Takes payload bytes from a volume that both directions share. @returns false where it is used up. */
	takeVolume(bytes: number): boolean;
}

/**
 * One direction of a splice. Frames go through as they come, in as many pieces as they come; only their masks are taken off, in place, and one write follows
 * each read. Frames to or from another node have the same kind of mask on both sides and are not touched.
 */
export class Pipe implements Reader, Piped {
	frames = 0;
	bytes = 0;
	/** The other direction. */
	opposite!: Pipe;
	readonly #source: FramedSocket;
	readonly #target: FramedSocket;
	readonly #limits: PipeLimits;
	readonly #events: PipeEvents;
	readonly #unmasks: boolean;
	/** Under way, as long as `#left` bytes of its payload are to come. */
	readonly #frame = new FrameHeader();
	#left = 0;
	#inMessage = false;
	/** The beginning of a head, or of a close. */
	#pending = NOTHING;
	#isSourceDone = false;
	#isOver = false;
	#isBlocked = false;
	#waitingWrites = 0;
	#farewell: SocketEnd | null = null;

	constructor(source: FramedSocket, target: FramedSocket, limits: PipeLimits, events: PipeEvents) {
		this.#source = source;
		this.#target = target;
		this.#limits = limits;
		this.#events = events;
		this.#unmasks = !source.isClient && !target.isClient;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	/** Changes whenever something moves. */
	get progress(): number {
		return this.bytes - this.#left - this.#target.progress;
	}

	/** Of the target alone: changes whenever it takes something. */
	get targetProgress(): number {
		return this.#target.progress;
	}

	/** Ends the target, behind the frame that is under way. */
	conclude(end: SocketEnd): void {
		if (this.#isOver || this.#farewell !== null) return;
		if (this.#left === 0) this.#finish(end);
		else {
			this.#farewell = end;
			this.#source.resume();
		}
	}

	/** Ends the target as it is: a frame that is cut off says itself that something was lost. */
	cut(end: SocketEnd): void {
		if (!this.#isOver) this.#finish(this.#left === 0 ? end : null);
	}

	#finish(end: SocketEnd | null): void {
		this.#isOver = true;
		if (end !== null) this.#target.write(encodeClose(end, this.#target.isClient));
		this.#events.over(this);
	}

	drained(): void {
		this.opposite.targetDrained();
	}

	targetDrained(): void {
		this.#waitingWrites = 0;
		if (!this.#isBlocked) return;
		this.#isBlocked = false;
		this.#source.resume();
		this.#events.blocked(this, false);
	}

	finished(): void {
		this.#isSourceDone = true;
		this.#events.lost(this);
	}

	close(end: SocketEnd): void {
		this.#events.closing(end);
	}

	read(chunk: Buffer): void {
		if (this.#isOver || this.#isSourceDone) return;
		const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
		this.#pending = NOTHING;
		const frame = this.#frame;
		const words = this.#unmasks ? wordsOf(bytes) : null;
		// What was read up to `from` was moved to the front of the same memory, up to `to`, and is written at once.
		let from = 0;
		let to = 0;
		let after: (() => void) | null = null;
		while (from < bytes.length) {
			if (this.#left === 0) {
				if (this.#farewell !== null) break;
				if (!frame.read(bytes, from)) {
					this.#pending = Buffer.from(bytes.subarray(from));
					break;
				}
				after = this.#judge(bytes, from);
				if (after !== null || this.#pending.length > 0) break;
				to = this.#moveHeader(bytes, from, to);
				from += frame.headerBytes;
				this.#begin();
			}
			const count = Math.min(this.#left, bytes.length - from);
			if (words !== null) unmask(bytes, words, from, to, count, frame.mask, frame.payloadBytes - this.#left);
			this.#left -= count;
			from += count;
			to += count;
		}
		if (to > 0) this.#write(to === bytes.length ? bytes : bytes.subarray(0, to));
		if (after !== null) after();
		else if (this.#farewell !== null && this.#left === 0) this.#finish(this.#farewell);
	}

	/** Of a frame whose head is whole. @returns what to do where it does not simply go through. */
	#judge(bytes: Buffer, at: number): (() => void) | null {
		const frame = this.#frame;
		if (frame.isForbidden(!this.#source.isClient, this.#inMessage)) return this.#fault(1002, 'MALFORMED_FRAME', 'malformed');
		if (frame.payloadBytes > this.#limits.maxFrameBytes) return this.#fault(4409, 'MESSAGE_TOO_BIG', 'too-big');
		if (frame.opcode === Opcode.CLOSE) return this.#judgeClose(bytes, at);
		if (!this.#limits.takeVolume(frame.payloadBytes)) return this.#fault(4413, 'RELAY_QUOTA', 'limit');
		return null;
	}

	#judgeClose(bytes: Buffer, at: number): (() => void) | null {
		const start = at + this.#frame.headerBytes;
		const end = start + this.#frame.payloadBytes;
		if (bytes.length < end) {
			this.#pending = Buffer.from(bytes.subarray(at));
			return null;
		}
		const payload = Buffer.from(bytes.subarray(start, end));
		if (this.#frame.isMasked) unmask(payload, wordsOf(payload), 0, 0, payload.length, this.#frame.mask, 0);
		const said = readClose(payload);
		if ('forbidden' in said) return this.#fault(said.forbidden, 'MALFORMED_FRAME', 'malformed');
		return () => {
			this.#isSourceDone = true;
			this.#events.said(this, said);
		};
	}

	#fault(code: number, reason: string, cause: SpliceEnd['cause']): () => void {
		return () => {
			this.#isSourceDone = true;
			this.#events.broke(this, { code, reason }, cause);
		};
	}

	/** @returns the end of what is to be written. */
	#moveHeader(bytes: Buffer, from: number, to: number): number {
		const kept = this.#frame.headerBytes - (this.#unmasks ? MASK_BYTES : 0);
		if (this.#unmasks) {
			for (let i = 0; i < kept; i++) bytes[to + i] = bytes[from + i] as number;
			bytes[to + 1] = (bytes[to + 1] as number) & 0x7f;
		}
		return to + kept;
	}

	#begin(): void {
		this.#left = this.#frame.payloadBytes;
		if (!this.#frame.isControl) this.#inMessage = !this.#frame.isFinal;
		this.frames++;
		this.bytes += this.#left;
	}

	#write(bytes: Buffer): void {
		this.#target.write(bytes);
		if (this.#target.heldBytes === 0) {
			this.#waitingWrites = 0;
			return;
		}
		this.#waitingWrites++;
		this.blockIfFull();
	}

	/** Stops the source where too much waits; not where nothing would tell when to go on. */
	blockIfFull(): void {
		const { heldBytes, willDrain } = this.#target;
		const isTooMuch = willDrain && (heldBytes >= this.#limits.heldBytesPerDirection || this.#waitingWrites > MOST_WAITING_WRITES);
		if (!isTooMuch || this.#isBlocked || this.#isOver || this.#farewell !== null) return;
		this.#isBlocked = true;
		this.#source.hold();
		this.#events.blocked(this, true);
	}
}
