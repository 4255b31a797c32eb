import { CryptoError } from './crypto-error.js';
import { decodeText } from './records.js';

/** Bytes in front of each item: kind(1) || length(u32). */
export const ITEM_HEADER_BYTES = 5;
const TEXT = 0;
const BYTES = 1;

const encoder = new TextEncoder();

/**
 * Writes one message as an item.
 * @param bytes what the message takes in UTF-8.
 * @returns where the next item begins.
 */
export function writeItem(into: Uint8Array, offset: number, message: string | Uint8Array, bytes: number): number {
	const start = offset + ITEM_HEADER_BYTES;
	into[offset] = typeof message === 'string' ? TEXT : BYTES;
	into[offset + 1] = bytes >>> 24;
	into[offset + 2] = bytes >>> 16;
	into[offset + 3] = bytes >>> 8;
	into[offset + 4] = bytes;
	if (typeof message === 'string') encoder.encodeInto(message, into.subarray(start, start + bytes));
	else {
		// Behind a shorter one would stand what another record left here.
		if (message.length !== bytes)
			throw new TypeError(`a message of ${bytes} bytes changed to ${message.length} before it was sealed: after send() its array is not the caller's`);
		into.set(message, start);
	}
	return start + bytes;
}

/**
 * Reads the items of one record's plaintext in turn; bytes are parts of it, not copies.
 * @throws CryptoError MALFORMED_FRAME where one is cut short, of an unknown kind, or text that is no UTF-8.
 */
export class ItemReader {
	readonly #plaintext: Uint8Array;
	// Behind the flags.
	#offset = 1;
	/** Bytes of the item read last. */
	lastBytes = 0;

	constructor(plaintext: Uint8Array) {
		this.#plaintext = plaintext;
	}

	get hasMore(): boolean {
		return this.#offset < this.#plaintext.length;
	}

	read(): string | Uint8Array {
		const plaintext = this.#plaintext;
		const header = this.#offset;
		const start = header + ITEM_HEADER_BYTES;
		if (start > plaintext.length) throw new CryptoError('MALFORMED_FRAME', 'An item that is cut short.');
		const kind = plaintext[header] as number;
		const length =
			(plaintext[header + 1] as number) * 2 ** 24 +
			(((plaintext[header + 2] as number) << 16) | ((plaintext[header + 3] as number) << 8) | (plaintext[header + 4] as number));
		const end = start + length;
		if (kind > BYTES || end > plaintext.length) throw new CryptoError('MALFORMED_FRAME', 'An item that is cut short, or of an unknown kind.');
		this.#offset = end;
		this.lastBytes = length;
		const data = plaintext.subarray(start, end);
		return kind === TEXT ? decodeText(data) : data;
	}
}
