import { byteLength, ConnectionError, MESSAGE_OVERHEAD_BYTES, type Payload, Queue } from '@linkscope/core';

/** What gives way when more waits than may: the oldest message, the newest, or the caller, who gets an error. */
export type Overflow = 'drop-oldest' | 'drop-newest' | 'reject';

/** A message that was accepted and will not be sent. */
export interface DroppedMessage {
	readonly payload: Payload;
	/** overflow: too much waited. refused: the connection would not take it. over: the link ended before. */
	readonly reason: 'overflow' | 'refused' | 'over';
}

/** Messages that wait for the next connection, in order and bounded by bytes. */
export class HeldMessages {
	readonly #queue = new Queue<Payload>();
	/** Taken, and given back. */
	#first: Payload | undefined;
	#bytes = 0;
	readonly #maxBytes: number;
	readonly #overflow: Overflow;
	readonly #dropped: (message: DroppedMessage) => void;

	constructor(maxBytes: number, overflow: Overflow, dropped: (message: DroppedMessage) => void) {
		this.#maxBytes = maxBytes;
		this.#overflow = overflow;
		this.#dropped = dropped;
	}

	/** Each message counts with 64 bytes more. */
	get bytes(): number {
		return this.#bytes;
	}

	/** @throws ConnectionError SEND_QUEUE_FULL where the rule is 'reject'. */
	push(payload: Payload): void {
		const bytes = costOf(payload);
		if (this.#overflow === 'drop-oldest' && bytes <= this.#maxBytes) {
			while (this.#bytes + bytes > this.#maxBytes) this.drop(this.shift() as Payload, 'overflow');
		}
		if (this.#bytes + bytes <= this.#maxBytes) {
			this.#queue.push(payload);
			this.#bytes += bytes;
		} else if (this.#overflow === 'reject') {
			const total = this.#bytes + bytes;
			throw new ConnectionError('SEND_QUEUE_FULL', `link: ${total} bytes would wait for a connection, at most ${this.#maxBytes} (maxHeldBytes) do`);
		} else this.drop(payload, 'overflow');
	}

	shift(): Payload | undefined {
		const payload = this.#first ?? this.#queue.shift();
		this.#first = undefined;
		if (payload !== undefined) this.#bytes -= costOf(payload);
		return payload;
	}

	/** It was shifted, and could not be sent. */
	giveBack(payload: Payload): void {
		this.#first = payload;
		this.#bytes += costOf(payload);
	}

	drop(payload: Payload, reason: DroppedMessage['reason']): void {
		this.#dropped({ payload, reason });
	}

	dropAll(): void {
		for (let payload = this.shift(); payload !== undefined; payload = this.shift()) this.drop(payload, 'over');
	}
}

function costOf(payload: Payload): number {
	return byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
}
