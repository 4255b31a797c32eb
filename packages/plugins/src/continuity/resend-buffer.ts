import { byteLength, ConnectionError, MESSAGE_OVERHEAD_BYTES, type Payload, TransportError } from '@linkscope/core';

/** Places at the front of the array that may stand empty before it is moved up. */
const LOOSE_PLACES = 1024;

interface Kept {
	readonly payload: Payload;
	readonly bytes: number;
}

/**
 * The messages of one direction, counted from 1 in the order they were accepted. Each is kept until the peer has said that it
 * has it; those that have not left on the connection of today wait behind those that have.
 */
export class ResendBuffer {
	/** Message `acknowledged + 1` stands at `#head`. */
	#kept: (Kept | undefined)[] = [];
	#head = 0;
	#keptBytes = 0;
	#waitingBytes = 0;
	#acknowledged = 0;
	#sent = 0;
	readonly #maxBytes: number;

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/** So many messages the peer has. */
	get acknowledged(): number {
		return this.#acknowledged;
	}

	/** So many messages have left: on this connection, or before the point from which it goes on. */
	get sent(): number {
		return this.#sent;
	}

	/** Messages that have not left on this connection. */
	get waiting(): number {
		return this.#accepted - this.#sent;
	}

	get bytes(): number {
		return this.#keptBytes;
	}

	/**
	 * What a sender should wait for: all that has not left, and of the rest what is more than half of the bound. So there is room for what is on
	 * its way, and nobody is surprised by a full buffer.
	 */
	get pressureBytes(): number {
		return this.#waitingBytes + Math.max(0, this.#keptBytes - this.#waitingBytes - this.#maxBytes / 2);
	}

	/** @throws TransportError MESSAGE_TOO_BIG, ConnectionError SEND_QUEUE_FULL; the message is then not kept. */
	push(payload: Payload): void {
		const bytes = byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
		if (bytes > this.#maxBytes)
			throw new TransportError('MESSAGE_TOO_BIG', `continuity: a message of ${bytes} bytes; maxBufferedBytes keeps ${this.#maxBytes}`);
		const total = this.#keptBytes + bytes;
		if (total > this.#maxBytes) {
			throw new ConnectionError('SEND_QUEUE_FULL', `continuity: ${total} bytes would wait for the peer, at most ${this.#maxBytes} (maxBufferedBytes) do`);
		}
		this.#kept.push({ payload, bytes });
		this.#keptBytes = total;
		this.#waitingBytes += bytes;
	}

	/** Takes back the message pushed last: it could not be sent. */
	withdraw(): void {
		const wasSent = this.waiting === 0;
		const { bytes } = this.#kept.pop() as Kept;
		this.#keptBytes -= bytes;
		if (wasSent) this.#sent--;
		else this.#waitingBytes -= bytes;
	}

	/** Size of the next message to send; 0 for an empty one. */
	get nextBytes(): number {
		return this.#at(this.#sent).bytes - MESSAGE_OVERHEAD_BYTES;
	}

	/** The next message to send. Bytes are a copy: whoever is below may write into what it gets. */
	next(): Payload {
		const { payload, bytes } = this.#at(this.#sent);
		this.#sent++;
		this.#waitingBytes -= bytes;
		return typeof payload === 'string' ? payload : payload.slice();
	}

	/** Whether a peer can have received so many: not less than it said before, and not more than was sent. */
	isPossible(received: number): boolean {
		return received >= this.#acknowledged && received <= this.#sent;
	}

	/** The peer has received so many, which `isPossible`. */
	acknowledge(received: number): void {
		for (; this.#acknowledged < received; this.#acknowledged++) {
			this.#keptBytes -= this.#at(this.#acknowledged).bytes;
			this.#kept[this.#head++] = undefined;
		}
		if (this.#head < LOOSE_PLACES || this.#head < this.#kept.length / 2) return;
		this.#kept = this.#kept.slice(this.#head);
		this.#head = 0;
	}

	/** A new connection goes on behind what the peer has received; the rest is sent again. */
	resume(received: number): void {
		this.acknowledge(received);
		this.#sent = received;
		this.#waitingBytes = this.#keptBytes;
	}

	/** Forgets everything. @returns what the peer may not have, oldest first. */
	clear(): Payload[] {
		const rest = this.#kept.slice(this.#head).map((kept) => (kept as Kept).payload);
		this.resume(this.#accepted);
		return rest;
	}

	get #accepted(): number {
		return this.#acknowledged + this.#kept.length - this.#head;
	}

	#at(index: number): Kept {
		return this.#kept[this.#head + index - this.#acknowledged] as Kept;
	}
}
