import { byteLength, HandshakeError, integerOption, type Payload, type Plugin, PluginError, type PluginHost } from '@linkscope/core';
import { ByteReassembly } from '../reassembly.js';
import { escapeWord, FRAGMENTATION_END, FRAGMENTATION_WORDS, MAX_WHOLE_UNITS, START_BINARY, START_STRING, unescapeWord } from './words.js';

export interface OneFragmentationOptions {
	/** The largest message to send or to put together. Default 16 MiB. */
	maxMessageBytes?: number;
}

const MAX_PIECE_BYTES = 65_536;

const encoder = new TextEncoder();
// A byte order mark is part of the text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Splits large messages as ONE does: a word that says what follows, pieces of at most 65,536 bytes, a word that ends it. Texts up to 16,383 UTF-16 units and bytes
 * up to 65,536 go whole. Above OneKeepalivePlugin.
 *
 * @throws PluginError MESSAGE_TOO_BIG from send(); the connection goes on. It ends with REASSEMBLY_TOO_BIG (4409) where the peer's message grows beyond the
 * limit, and MALFORMED_FRAME (4400) where its pieces make no message.
 */
export class OneFragmentationPlugin implements Plugin {
	readonly name = 'one-fragmentation';
	readonly needs = { ordered: true, reliable: true };
	readonly #maxMessageBytes: number;
	#host: PluginHost | null = null;
	#splitting = false;
	/** Sent by somebody called back while a message was being split: they go behind it. */
	readonly #waiting: Payload[] = [];
	#arriving: { pieces: ByteReassembly; isText: boolean } | null = null;

	constructor(options: OneFragmentationOptions = {}) {
		this.#maxMessageBytes = integerOption('maxMessageBytes', options.maxMessageBytes, 16 * 1024 * 1024, 1, 2 ** 32 - 1);
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	outgoing(payload: Payload): Payload | null {
		if (isWhole(payload) && !this.#splitting) return escaped(payload);
		this.#assertSendable(payload);
		this.#waiting.push(payload);
		if (!this.#splitting) this.#sendWaiting();
		return null;
	}

	heldBytes(): number {
		return this.#waiting.reduce((bytes, payload) => bytes + byteLength(payload), 0);
	}

	incoming(payload: Payload): Payload | null {
		if (payload === START_STRING || payload === START_BINARY) {
			if (this.#arriving) throw malformed('a message began in the middle of another');
			this.#arriving = { pieces: new ByteReassembly(this.#maxMessageBytes), isText: payload === START_STRING };
			return null;
		}
		if (payload === FRAGMENTATION_END) return this.#finish();
		if (this.#arriving) return this.#add(this.#arriving.pieces, payload);
		return typeof payload === 'string' ? unescapeWord(payload, FRAGMENTATION_WORDS) : payload;
	}

	closed(): void {
		this.#arriving = null;
		this.#waiting.length = 0;
		this.#host = null;
	}

	#assertSendable(payload: Payload): void {
		const bytes = byteLength(payload);
		if (bytes <= this.#maxMessageBytes) return;
		throw new PluginError('MESSAGE_TOO_BIG', `one-fragmentation: a message of ${bytes} bytes; at most ${this.#maxMessageBytes} (maxMessageBytes) go`);
	}

	#sendWaiting(): void {
		this.#splitting = true;
		try {
			for (let payload = this.#waiting[0]; payload !== undefined; payload = this.#waiting[0]) {
				if (isWhole(payload)) this.#host?.sendDown(escaped(payload));
				else this.#split(payload);
				this.#waiting.shift();
			}
		} catch (error) {
			// Half a message has left, or one whose sender was told that it is on its way: nothing can be taken back.
			this.#host?.fail(error as Error);
		} finally {
			this.#splitting = false;
		}
	}

	#split(payload: Payload): void {
		const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload;
		this.#host?.sendDown(typeof payload === 'string' ? START_STRING : START_BINARY);
		for (let start = 0; start < bytes.length; start += MAX_PIECE_BYTES) this.#host?.sendDown(bytes.slice(start, start + MAX_PIECE_BYTES));
		this.#host?.sendDown(FRAGMENTATION_END);
	}

	#add(pieces: ByteReassembly, piece: Payload): null {
		if (typeof piece === 'string') throw malformed('text came between the pieces of a message');
		if (!pieces.add(piece)) {
			throw new PluginError(
				'REASSEMBLY_TOO_BIG',
				`one-fragmentation: the peer's message has grown beyond ${this.#maxMessageBytes} bytes (maxMessageBytes), at most these are put together`,
			);
		}
		return null;
	}

	#finish(): Payload {
		if (!this.#arriving) throw malformed('the end of a message without its beginning');
		const { pieces, isText } = this.#arriving;
		this.#arriving = null;
		return isText ? decoded(pieces.finish()) : pieces.finish();
	}
}

function isWhole(payload: Payload): boolean {
	return payload.length <= (typeof payload === 'string' ? MAX_WHOLE_UNITS : MAX_PIECE_BYTES);
}

function escaped(payload: Payload): Payload {
	return typeof payload === 'string' ? escapeWord(payload, FRAGMENTATION_WORDS) : payload;
}

function decoded(bytes: Uint8Array): string {
	try {
		return decoder.decode(bytes);
	} catch {
		throw malformed('the pieces of a text are not UTF-8');
	}
}

function malformed(what: string): HandshakeError {
	return new HandshakeError('MALFORMED_FRAME', `ONE: ${what}`);
}
