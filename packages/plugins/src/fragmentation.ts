import { byteLength, integerOption, type Payload, type Plugin, PluginError, type PluginHost } from '@linkscope/core';
import { ControlFrames } from './control-frames.js';
import { type Reassembly, startReassembly } from './reassembly.js';
import { endOfPiece } from './split.js';

export interface FragmentationOptions {
	/** Larger messages are split into frames of at most this size, headers included. Default 65,536; at least 128. */
	maxFragmentBytes?: number;
	/** The largest message to send or to put together. Default 16 MiB. */
	maxMessageBytes?: number;
}

const START = 's';
const MORE = 'c';

const MIN_FRAGMENT_BYTES = 128;
// Every piece but the last carries at least this much, so that a message cannot come as millions of tiny fragments.
const MIN_PIECE_BYTES = 64;
// DLE, letter, kind; a start also announces the size: 4 bytes, or as text up to 16 digits and a colon.
const MORE_HEADER_BYTES = 3;
const BYTES_HEADER_BYTES = MORE_HEADER_BYTES + 4;

/**
 * Splits large messages into fragments and puts them together again; text stays text.
 * One message at a time, so it needs a transport that is ordered and reliable.
 *
 * Control frames, in the kind of the message: 's' with the size of the whole message in bytes (text: decimal digits and
 * ':', bytes: 32 bits, big endian) and the first piece; then 'c' with a further piece each, until the size is reached.
 *
 * @throws PluginError MESSAGE_TOO_BIG from send(), beyond `maxMessageBytes`; the connection goes on. It ends with
 * REASSEMBLY_TOO_BIG (close code 4409) where the peer announces more, and MALFORMED_FRAME (4400) where fragments do not add up.
 */
export class FragmentationPlugin implements Plugin {
	readonly name = 'fragmentation';
	readonly needs = { ordered: true, reliable: true };
	readonly #frames = new ControlFrames('fragmentation', 'F');
	readonly #maxFragmentBytes: number;
	readonly #maxMessageBytes: number;
	#host: PluginHost | null = null;
	#splitting = false;
	/** Sent by somebody called back while a message was being split: they go behind it. */
	readonly #waiting: Payload[] = [];
	#arriving: Reassembly | null = null;
	#announcedBytes = 0;

	constructor(options: FragmentationOptions = {}) {
		this.#maxFragmentBytes = integerOption('maxFragmentBytes', options.maxFragmentBytes, 64 * 1024, MIN_FRAGMENT_BYTES);
		this.#maxMessageBytes = integerOption('maxMessageBytes', options.maxMessageBytes, 16 * 1024 * 1024, 1, 2 ** 32 - 1);
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	outgoing(payload: Payload): Payload | null {
		if (this.#splitting) {
			this.#waiting.push(payload);
			return null;
		}
		const whole = this.#frames.wrap(payload);
		if (this.#fits(whole)) return whole;
		this.#assertSendable(payload);
		this.#splitting = true;
		try {
			this.#split(payload);
		} finally {
			this.#sendWaiting();
			this.#splitting = false;
		}
		return null;
	}

	heldBytes(): number {
		return this.#waiting.reduce((bytes, payload) => bytes + byteLength(payload), 0);
	}

	incoming(payload: Payload): Payload | null {
		const kind = this.#frames.kindOf(payload);
		if (kind !== START && kind !== MORE) {
			if (this.#arriving) throw this.#frames.malformed('a message arrived in the middle of another');
			if (kind === null) return payload;
			if (kind === '=') return this.#frames.bodyOf(payload);
			throw this.#frames.malformed('a fragment of an unknown kind');
		}
		const piece = kind === START ? this.#start(this.#frames.bodyOf(payload)) : this.#frames.bodyOf(payload);
		return this.#add(piece);
	}

	closed(): void {
		this.#arriving = null;
		this.#waiting.length = 0;
		this.#host = null;
	}

	#fits(whole: Payload): boolean {
		// Three bytes a unit at most: most texts need no counting.
		if (typeof whole === 'string' && whole.length * 3 <= this.#maxFragmentBytes) return true;
		return byteLength(whole) <= this.#maxFragmentBytes;
	}

	#assertSendable(payload: Payload): void {
		const bytes = byteLength(payload);
		if (bytes <= this.#maxMessageBytes) return;
		throw new PluginError('MESSAGE_TOO_BIG', `fragmentation: a message of ${bytes} bytes; at most ${this.#maxMessageBytes} (maxMessageBytes) go`);
	}

	#split(payload: Payload): void {
		if (typeof payload === 'string') this.#splitText(payload);
		else this.#splitBytes(payload);
	}

	#splitText(text: string): void {
		const size = `${byteLength(text)}:`;
		let end = endOfPiece(text, 0, this.#maxFragmentBytes - MORE_HEADER_BYTES - size.length);
		this.#send(this.#frames.text(START, size + text.slice(0, end)), true);
		for (let start = end; start < text.length; start = end) {
			end = endOfPiece(text, start, this.#maxFragmentBytes - MORE_HEADER_BYTES);
			this.#send(this.#frames.text(MORE, text.slice(start, end)), false);
		}
	}

	#splitBytes(bytes: Uint8Array): void {
		let end = this.#maxFragmentBytes - BYTES_HEADER_BYTES;
		const first = this.#frames.bytes(START, 4 + end);
		const body = this.#frames.bodyOf(first);
		new DataView(body.buffer, body.byteOffset).setUint32(0, bytes.byteLength);
		body.set(bytes.subarray(0, end), 4);
		this.#send(first, true);
		for (let start = end; start < bytes.byteLength; start = end) {
			end = Math.min(start + this.#maxFragmentBytes - MORE_HEADER_BYTES, bytes.byteLength);
			const frame = this.#frames.bytes(MORE, end - start);
			frame.set(bytes.subarray(start, end), MORE_HEADER_BYTES);
			this.#send(frame, false);
		}
	}

	/** The first fragment may be refused as too big and nothing has happened; after it the message must go on. */
	#send(frame: Payload, isFirst: boolean): void {
		try {
			this.#host?.sendDown(frame);
		} catch (error) {
			if (isFirst) throw error;
			this.#host?.fail(error as Error);
		}
	}

	#sendWaiting(): void {
		for (let payload = this.#waiting.shift(); payload !== undefined; payload = this.#waiting.shift()) {
			try {
				const whole = this.#frames.wrap(payload);
				if (this.#fits(whole)) this.#host?.sendDown(whole);
				else {
					this.#assertSendable(payload);
					this.#split(payload);
				}
			} catch (error) {
				// Whoever sent it was told that it is on its way.
				this.#host?.fail(error as Error);
			}
		}
	}

	/** @returns the first piece. */
	#start(body: Payload): Payload {
		if (this.#arriving) throw this.#frames.malformed('a message began in the middle of another');
		const { totalBytes, piece } = typeof body === 'string' ? readTextStart(body) : readBytesStart(body);
		if (!(totalBytes > 0)) throw this.#frames.malformed('a first fragment without a size');
		if (totalBytes > this.#maxMessageBytes) {
			throw new PluginError(
				'REASSEMBLY_TOO_BIG',
				`fragmentation: the peer announced a message of ${totalBytes} bytes; at most ${this.#maxMessageBytes} (maxMessageBytes) are put together`,
			);
		}
		this.#arriving = startReassembly(piece, totalBytes);
		this.#announcedBytes = totalBytes;
		return piece;
	}

	#add(piece: Payload): Payload | null {
		const arriving = this.#arriving;
		if (!arriving) throw this.#frames.malformed('a fragment without a beginning');
		if (!arriving.add(piece)) throw this.#frames.malformed(`fragments that do not add up to the announced ${this.#announcedBytes} bytes`);
		if (arriving.receivedBytes < this.#announcedBytes) {
			if (byteLength(piece) < MIN_PIECE_BYTES) throw this.#frames.malformed(`a fragment of less than ${MIN_PIECE_BYTES} bytes that is not the last`);
			return null;
		}
		this.#arriving = null;
		return arriving.finish();
	}
}

function readTextStart(body: string): { totalBytes: number; piece: string } {
	const digits = /^([0-9]{1,16}):/.exec(body)?.[1];
	return digits === undefined ? { totalBytes: 0, piece: '' } : { totalBytes: Number(digits), piece: body.slice(digits.length + 1) };
}

function readBytesStart(body: Uint8Array): { totalBytes: number; piece: Uint8Array } {
	if (body.byteLength < 4) return { totalBytes: 0, piece: body };
	return { totalBytes: new DataView(body.buffer, body.byteOffset).getUint32(0), piece: body.subarray(4) };
}
