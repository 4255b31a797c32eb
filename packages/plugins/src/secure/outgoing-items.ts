import { byteLength, type Payload } from '@linkscope/core';
import { ITEM_HEADER_BYTES, writeItem } from '@linkscope/crypto';

// Kept between records. A record never waits for anything between being written and being sealed, so one serves all connections.
const KEPT_BYTES = 128 * 1024;
let scratch = new Uint8Array(0);

/** The messages of one turn, on their way into one record. */
export class OutgoingItems {
	readonly #payloads: Payload[] = [];
	readonly #sizes: number[] = [];
	/** What they take in the record, headers included. */
	bytes = 0;

	get count(): number {
		return this.#payloads.length;
	}

	add(payload: Payload, bytes = byteLength(payload)): void {
		this.#payloads.push(payload);
		this.#sizes.push(bytes);
		this.bytes += ITEM_HEADER_BYTES + bytes;
	}

	/** @returns flags(1) || items, lent until the next call on any connection; the items are gone from here. */
	take(flags: number): Uint8Array {
		const plaintext = lend(1 + this.bytes);
		plaintext[0] = flags;
		let end = 1;
		for (let i = 0; i < this.#payloads.length; i++) end = writeItem(plaintext, end, this.#payloads[i] as Payload, this.#sizes[i] as number);
		this.clear();
		return plaintext;
	}

	clear(): void {
		this.#payloads.length = 0;
		this.#sizes.length = 0;
		this.bytes = 0;
	}
}

function lend(length: number): Uint8Array {
	if (length > KEPT_BYTES) return new Uint8Array(length);
	if (scratch.length === 0) scratch = new Uint8Array(KEPT_BYTES);
	return scratch.subarray(0, length);
}
