import { isUtf8 } from 'node:buffer';
import { LOST, readClose } from './close-frame.js';
import { FrameHeader, Opcode } from './frame-header.js';
import type { FramedSocket, Reader } from './framed-socket.js';
import type { SocketEnd, SocketEvents } from './relay-socket.js';
import { unmask, wordsOf } from './unmask.js';

const LONGEST_TEXT_BYTES = 4096;
const EMPTY = Buffer.alloc(0);

const BYTES: SocketEnd = { code: 4400, reason: 'MALFORMED_FRAME' };
const TOO_BIG: SocketEnd = { code: 4409, reason: 'MESSAGE_TOO_BIG' };

// Shared: nobody needs what it says beyond one frame.
const header = new FrameHeader();

/** Reads what a peer says to the relay itself: short texts, in any number of fragments, and pings. */
export class ControlReader implements Reader {
	readonly #socket: FramedSocket;
	readonly #events: SocketEvents;
	/** The beginning of a frame that is not whole. */
	#pending = EMPTY;
	/** Room for a text of which fragments have come; null between messages. */
	#text: Buffer | null = null;
	/** How much of it has come. */
	#textBytes = 0;
	/** The last of a read, to be answered: one answer does for all before it (RFC 6455 section 5.5.3). */
	#ping: Buffer | null = null;

	constructor(socket: FramedSocket, events: SocketEvents) {
		this.#socket = socket;
		this.#events = events;
	}

	read(chunk: Buffer): void {
		const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
		this.#pending = EMPTY;
		let at = 0;
		while (header.read(bytes, at)) {
			const fault = this.#faultOfHeader();
			if (fault) {
				this.#socket.sayGoodbye(fault);
				return;
			}
			const end = at + header.headerBytes + header.payloadBytes;
			if (end > bytes.length) break;
			const start = at + header.headerBytes;
			const payload = bytes.subarray(start, end);
			if (header.isMasked) unmask(payload, wordsOf(payload), 0, 0, payload.length, header.mask, 0);
			at = end;
			this.#take(header.opcode, header.isFinal, payload);
			if (!this.#socket.isReadBy(this)) {
				this.#answerPing();
				this.#socket.putBack(bytes.subarray(at));
				return;
			}
		}
		this.#answerPing();
		// Copied, so that a few bytes do not keep a whole read.
		if (at < bytes.length) this.#pending = Buffer.from(bytes.subarray(at));
	}

	drained(): void {}

	finished(): void {
		if (this.#socket.isOpen) this.#socket.leave({ code: LOST, reason: '' });
	}

	close(end: SocketEnd): void {
		if (this.#socket.isOpen) this.#socket.sayGoodbye(end);
	}

	/** For the reader after this one. */
	takePending(): Buffer {
		const pending = this.#pending;
		this.#pending = EMPTY;
		return pending;
	}

	#faultOfHeader(): SocketEnd | null {
		if (header.isForbidden(!this.#socket.isClient, this.#text !== null)) return this.#broken(1002);
		if (header.opcode === Opcode.BINARY) return this.#refusal(BYTES);
		if (!header.isControl && header.payloadBytes + this.#textBytes > LONGEST_TEXT_BYTES) return this.#refusal(TOO_BIG);
		return null;
	}

	#refusal(end: SocketEnd): SocketEnd {
		return this.#events.refusal?.(end) ?? end;
	}

	#broken(code: 1002 | 1007): SocketEnd {
		const end = { code, reason: 'MALFORMED_FRAME' };
		this.#events.refusal?.(end);
		return end;
	}

	#take(opcode: number, isFinal: boolean, payload: Buffer): void {
		if (opcode === Opcode.PING) this.#ping = payload;
		else if (opcode === Opcode.CLOSE) this.#closed(payload);
		else if (opcode !== Opcode.PONG) this.#fragment(isFinal, payload);
	}

	#answerPing(): void {
		const ping = this.#ping;
		this.#ping = null;
		if (ping !== null && this.#socket.isOpen) this.#socket.answer(Opcode.PONG, ping);
	}

	/** Fragments are put where they belong at once: a flood of empty ones costs nothing but their heads. */
	#fragment(isFinal: boolean, payload: Buffer): void {
		if (isFinal && this.#text === null) return this.#whole(payload);
		this.#text ??= Buffer.allocUnsafeSlow(LONGEST_TEXT_BYTES);
		this.#text.set(payload, this.#textBytes);
		this.#textBytes += payload.length;
		if (!isFinal) return;
		const text = this.#text.subarray(0, this.#textBytes);
		this.#text = null;
		this.#textBytes = 0;
		this.#whole(text);
	}

	#whole(text: Buffer): void {
		// What the relay says because of a text comes behind the answer to a ping before it.
		this.#answerPing();
		if (isUtf8(text)) this.#events.text(text.toString('utf8'));
		else this.#socket.sayGoodbye(this.#broken(1007));
	}

	#closed(payload: Buffer): void {
		const said = readClose(payload);
		this.#socket.sayGoodbye('forbidden' in said ? this.#broken(said.forbidden) : said);
	}
}
