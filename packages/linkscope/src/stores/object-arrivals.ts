import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { newStoreName } from '@linkscope/plugins';

export interface Arrival {
	readonly id: string;
	/** Of the record behind it. */
	readonly position: number;
}

// `<id> <9 digits of its size>` and a line feed; the first record names the store.
const RECORD_BYTES = 54;
/** Read at a time. */
const MAX_RECORDS = 10_000;
const HEADER = /^linkscope objects 1 ([A-Za-z0-9_-]{12}) *\n$/;
const RECORD = /^([A-Za-z0-9_-]{43}) [0-9]{9}\n$/;

/** A new log. */
export function newArrivals(): string {
	return `${`linkscope objects 1 ${newStoreName()}`.padEnd(RECORD_BYTES - 1)}\n`;
}

/**
 * The order in which objects arrived: a file of records of one length, which only grows. What was written in part, by a process that was killed or for want
 * of space, is no record.
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

	/** Durable when it resolves. */
	append(id: string, size: number): Promise<void> {
		const written = this.#turn.last.then(() => this.#write(`${id} ${String(size).padStart(9, '0')}\n`));
		this.#turn.last = written.catch(() => {});
		return written;
	}

	/** @param position how many records are known already, those that cannot be read included. @returns at most `most`; none: there are no more. */
	async from(position: number, most: number): Promise<Arrival[]> {
		const limit = Math.min(most, MAX_RECORDS);
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
			return Buffer.from(buffer.buffer, 0, bytesRead).toString('latin1');
		} finally {
			await file.close();
		}
	}

	/** In one write at the end, so that processes that share the folder do not mix; what is torn there is filled up. */
	async #write(record: string): Promise<void> {
		const file = await open(this.#path, constants.O_WRONLY | constants.O_APPEND);
		try {
			const torn = (await file.stat()).size % RECORD_BYTES;
			await file.appendFile(torn > 0 ? '\n'.repeat(RECORD_BYTES - torn) + record : record);
			await file.datasync();
		} finally {
			await file.close();
		}
	}
}
