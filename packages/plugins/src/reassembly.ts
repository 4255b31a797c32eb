import { byteLength, type Payload } from '@linkscope/core';

// Memory follows what has arrived, not what was announced.
const FIRST_ALLOCATION_BYTES = 64 * 1024;

/** One message on its way in, piece by piece. */
export interface Reassembly {
	readonly receivedBytes: number;
	/** @returns false where the piece is of the other kind or more than was announced. */
	add(piece: Payload): boolean;
	/** The whole message, once `receivedBytes` is what was announced. */
	finish(): Payload;
}

export function startReassembly(first: Payload, totalBytes: number): Reassembly {
	return typeof first === 'string' ? new TextReassembly(totalBytes) : new ByteReassembly(totalBytes);
}

class TextReassembly implements Reassembly {
	receivedBytes = 0;
	#text = '';
	readonly #totalBytes: number;

	constructor(totalBytes: number) {
		this.#totalBytes = totalBytes;
	}

	add(piece: Payload): boolean {
		if (typeof piece !== 'string') return false;
		this.receivedBytes += byteLength(piece);
		this.#text += piece;
		return this.receivedBytes <= this.#totalBytes;
	}

	finish(): string {
		return this.#text;
	}
}

/** Pieces up to `totalBytes`, which may be a bound where the size was not announced. */
export class ByteReassembly implements Reassembly {
	receivedBytes = 0;
	#buffer: Uint8Array;
	readonly #totalBytes: number;

	constructor(totalBytes: number) {
		this.#totalBytes = totalBytes;
		this.#buffer = new Uint8Array(Math.min(totalBytes, FIRST_ALLOCATION_BYTES));
	}

	add(piece: Payload): boolean {
		if (typeof piece === 'string') return false;
		const end = this.receivedBytes + piece.byteLength;
		if (end > this.#totalBytes) return false;
		if (end > this.#buffer.byteLength) this.#grow(end);
		this.#buffer.set(piece, this.receivedBytes);
		this.receivedBytes = end;
		return true;
	}

	finish(): Uint8Array {
		return this.#buffer.length === this.receivedBytes ? this.#buffer : this.#buffer.slice(0, this.receivedBytes);
	}

	#grow(neededBytes: number): void {
		const larger = new Uint8Array(Math.min(this.#totalBytes, Math.max(neededBytes, 2 * this.#buffer.byteLength)));
		larger.set(this.#buffer);
		this.#buffer = larger;
	}
}
