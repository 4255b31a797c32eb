import { byteLength, ConnectionError, Emitter, MESSAGE_OVERHEAD_BYTES, Queue, type Subscribable } from '@linkscope/core';
import type { PeerMessage } from './peer.js';

const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Messages of all connections of a peer, held until somebody listens. */
export class PeerInbox {
	readonly onMessage: Subscribable<PeerMessage>;
	readonly #emitter = new Emitter<PeerMessage>();
	readonly #unread = new Queue<PeerMessage>();
	#unreadBytes = 0;

	constructor() {
		const subscribe = (add: () => () => void) => {
			const off = add();
			// Not inside on(): its caller does not hold the undo yet.
			if (this.#unread.length > 0) queueMicrotask(() => this.#flush());
			return off;
		};
		this.onMessage = {
			on: (listener) => subscribe(() => this.#emitter.on(listener)),
			once: (listener) => subscribe(() => this.#emitter.once(listener)),
		};
	}

	/** @throws ConnectionError SLOW_READER: more would be unread than may be held; this one is not. */
	push(message: PeerMessage): void {
		const bytes = byteLength(message.payload) + MESSAGE_OVERHEAD_BYTES;
		if (this.#unreadBytes + bytes > MAX_UNREAD_BYTES) {
			throw new ConnectionError('SLOW_READER', `peer: more than ${MAX_UNREAD_BYTES} bytes were received and nobody listens: subscribe to onMessage`);
		}
		this.#unreadBytes += bytes;
		this.#unread.push(message);
		this.#flush();
	}

	#flush(): void {
		while (this.#emitter.count > 0) {
			const message = this.#unread.shift();
			if (message === undefined) break;
			this.#unreadBytes -= byteLength(message.payload) + MESSAGE_OVERHEAD_BYTES;
			this.#emitter.emit(message);
		}
	}
}
