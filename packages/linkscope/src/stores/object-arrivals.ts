import { open, stat } from 'node:fs/promises';
import { newStoreName } from '@linkscope/plugins';

export interface Arrival {
	readonly id: string;
	/** Of the record behind it. */
	readonly position: number;
}

// `<id> <9 digits of its size>` and a line feed; the first record names the store.
const RECORD_BYTES = 54;
const HEADER = /^linkscope objects 1 ([A-Za-z0-9_-]{12}) *\n$/;
const RECORD = /^([A-Za-z0-9_-]{43}) [0-9]{9}\n$/;

/** A new log. */
export function newArrivals(): string {
	return `${`linkscope objects 1 ${newStoreName()}`.padEnd(RECORD_BYTES - 1)}\n`;
}

/**
 * The order in which objects arrived: a file of records of one length, which only grows. What a process wrote in part when it was killed is no record.
 */
export class ObjectArrivals {
	readonly #path: string;
	readonly #turn: { last: Promise<unknown> } = { last: Promise.resolve() };

	constructor(path: string) {
		this.#path = path;
	}

	/** @returns the name of the store; null where the file is none of ours. */
	async storeName(): Promise<string | null> {
		const text = await this.#read(0, RECORD_BYTES);
		return HEADER.exec(text)?.[1] ?? null;
	}

	/** Fills up what was written in part. Not while another process appends. */
	async mend(): Promise<void> {
		const torn = (await stat(this.#path)).size % RECORD_BYTES;
		if (torn > 0) await this.#write('\n'.repeat(RECORD_BYTES - torn));
	}

	/** Durable when it resolves. */
	append(id: string, size: number): Promise<void> {
		const written = this.#turn.last.then(() => this.#write(`${id} ${String(size).padStart(9, '0')}\n`));
		this.#turn.last = written.catch(() => {});
		return written;
	}

	/** @param position how many records are known already, those that cannot be read included. @returns at most `limit`; none: there are no more. */
	async from(position: number, limit: number): Promise<Arrival[]> {
		for (let at = position; ; at += limit) {
			const text = await this.#read((1 + at) * RECORD_BYTES, limit * RECORD_BYTES);
			const count = Math.floor(text.length / RECORD_BYTES);
			const found: Arrival[] = [];
			for (let i = 0; i < count; i++) {
				const [, id] = RECORD.exec(text.slice(i * RECORD_BYTES, (i + 1) * RECORD_BYTES)) ?? [];
				if (id !== undefined) found.push({ id, position: at + i + 1 });
			}
			if (found.length > 0 || count < limit) return found;
		}
	}

	async #read(start: number, bytes: number): Promise<string> {
		const file = await open(this.#path, 'r');
		try {
			const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, start);
			// One character for each byte, whatever they are.
			return String.fromCharCode(...buffer.subarray(0, bytesRead));
		} finally {
			await file.close();
		}
	}

	/** In one write at the end, so that processes that share the folder do not mix. */
	async #write(record: string): Promise<void> {
		const file = await open(this.#path, 'a', 0o600);
		try {
			await file.appendFile(record);
			await file.datasync();
		} finally {
			await file.close();
		}
	}
}
