import { byteLength, ConnectionError, MESSAGE_OVERHEAD_BYTES, type Payload, Queue } from '@linkscope/core';

const MAX_BYTES = 1024 * 1024;

/** What was sent while nothing carried the channel, in order and bounded. */
export class PeerQueue {
	readonly #queue = new Queue<{ payload: Payload; bytes: number }>();
	#bytes = 0;

	get isEmpty(): boolean {
		return this.#queue.length === 0;
	}

	/** @throws ConnectionError SEND_QUEUE_FULL. */
	push(payload: Payload): void {
		const bytes = byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
		if (this.#bytes + bytes > MAX_BYTES) {
			throw new ConnectionError('SEND_QUEUE_FULL', `peer: ${this.#bytes + bytes} bytes would wait for a connection, at most ${MAX_BYTES} do`);
		}
		this.#queue.push({ payload, bytes });
		this.#bytes += bytes;
	}

	shift(): Payload | undefined {
		const first = this.#queue.shift();
		if (first === undefined) return undefined;
		this.#bytes -= first.bytes;
		return first.payload;
	}

	/** @returns what was in it, oldest first. */
	clear(): Payload[] {
		this.#bytes = 0;
		return this.#queue.clear().map(({ payload }) => payload);
	}
}
