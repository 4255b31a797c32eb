import { Buffer } from 'node:buffer';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 1_024;

/** Lines of a byte stream, as they are asked for. A line that is too long is left out as a whole, and never held. */
export class LineSplitter {
	readonly #maxLineBytes: number;
	/** Bytes that were not looked at yet. */
	#ahead: Buffer = EMPTY;
	/** The line that has not ended yet is copied together: kept as they came, a byte in each packet would cost a hundred. */
	#line: Buffer = EMPTY;
	#length = 0;
	#isTooLong = false;
	#tooLong = 0;

	constructor(maxLineBytes: number) {
		this.#maxLineBytes = maxLineBytes;
	}

	/** Lines that were left out. */
	get tooLong(): number {
		return this.#tooLong;
	}

	push(chunk: Buffer): void {
		this.#ahead = this.#ahead.length === 0 ? chunk : Buffer.concat([this.#ahead, chunk]);
	}

	/** The next line without its end; null while none is complete. */
	next(): string | null {
		while (this.#ahead.length > 0) {
			const end = this.#ahead.indexOf(NEWLINE);
			this.#append(end < 0 ? this.#ahead : this.#ahead.subarray(0, end));
			this.#ahead = end < 0 ? EMPTY : this.#ahead.subarray(end + 1);
			const line = end < 0 ? null : this.#take();
			if (line !== null) return line;
		}
		return null;
	}

	/** What came of a last line that nothing ended; null where that is nothing. */
	last(): string | null {
		return this.#take() || null;
	}

	/** null where it was too long. */
	#take(): string | null {
		const isTooLong = this.#isTooLong;
		const end = this.#line[this.#length - 1] === CARRIAGE_RETURN ? this.#length - 1 : this.#length;
		this.#isTooLong = false;
		this.#length = 0;
		return isTooLong ? null : this.#line.toString('utf8', 0, end);
	}

	#append(piece: Buffer): void {
		if (this.#isTooLong) return;
		const length = this.#length + piece.length;
		if (length > this.#maxLineBytes) {
			this.#isTooLong = true;
			this.#tooLong++;
			this.#line = EMPTY;
			this.#length = 0;
			return;
		}
		if (length > this.#line.length) this.#grow(length);
		piece.copy(this.#line, this.#length);
		this.#length = length;
	}

	#grow(length: number): void {
		const grown = Buffer.alloc(Math.min(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(length))), this.#maxLineBytes));
		this.#line.copy(grown, 0, 0, this.#length);
		this.#line = grown;
	}
}
