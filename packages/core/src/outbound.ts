import { ConnectionError } from './errors.js';
import { byteLength, type Payload } from './payload.js';
import { MESSAGE_OVERHEAD_BYTES, Queue } from './queue.js';

/**
 * What was accepted and has not left: messages sent before ACTIVE, and the backlog behind a transport that
 * asked for a pause. Both are bounded, with an overhead for each message; beyond the bound `send()` throws and nothing of that message is kept.
 */
export class Outbound {
	/** Sending should wait for `drained()`; what is sent all the same counts as backlog. */
	#blocked = false;
	readonly #queue = new Queue<Payload>();
	#queuedBytes = 0;
	#backlogBytes = 0;
	#backlogMessages = 0;
	#waiting: { resolve(): void; reject(error: Error): void }[] = [];
	readonly #maxQueuedBytes: number;
	readonly #maxBufferedBytes: number;

	constructor(maxQueuedBytes: number, maxBufferedBytes: number) {
		this.#maxQueuedBytes = maxQueuedBytes;
		this.#maxBufferedBytes = maxBufferedBytes;
	}

	get isEmpty(): boolean {
		return this.#queue.length === 0;
	}

	get bufferedBytes(): number {
		return this.#queuedBytes + this.#backlogBytes;
	}

	/** Keeps a message for later. @throws ConnectionError SEND_QUEUE_FULL. */
	enqueue(payload: Payload): void {
		const bytes = byteLength(payload);
		const total = this.#queuedBytes + bytes + (this.#queue.length + 1) * MESSAGE_OVERHEAD_BYTES;
		if (total > this.#maxQueuedBytes) throw queueFull(total, this.#maxQueuedBytes, 'before the connection is ACTIVE');
		this.#queue.push(payload);
		this.#queuedBytes += bytes;
	}

	dequeue(): Payload | undefined {
		const payload = this.#queue.shift();
		if (payload !== undefined) this.#queuedBytes -= byteLength(payload);
		return payload;
	}

	/** Asked before each send, with its size (0 will do while not blocked). @throws ConnectionError SEND_QUEUE_FULL. */
	admit(bytes: number): void {
		if (!this.#blocked) return;
		const total = this.#backlogBytes + bytes + (this.#backlogMessages + 1) * MESSAGE_OVERHEAD_BYTES;
		if (total > this.#maxBufferedBytes) {
			throw queueFull(total, this.#maxBufferedBytes, 'while the transport is busy: wait for drained() when send() returns false');
		}
	}

	/** Counts a message that was taken. */
	addBacklog(bytes: number): void {
		if (!this.#blocked) return;
		this.#backlogBytes += bytes;
		this.#backlogMessages++;
	}

	get isBlocked(): boolean {
		return this.#blocked;
	}

	block(): void {
		this.#blocked = true;
	}

	unblock(): void {
		this.#blocked = false;
		this.#backlogBytes = 0;
		this.#backlogMessages = 0;
		for (const waiter of this.#waiting.splice(0)) waiter.resolve();
	}

	drained(): Promise<void> {
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	finish(error: Error): void {
		this.#queue.clear();
		this.#queuedBytes = 0;
		this.#backlogBytes = 0;
		for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
	}
}

function queueFull(got: number, limit: number, when: string): ConnectionError {
	return new ConnectionError(
		'SEND_QUEUE_FULL',
		`send queue full: ${got} bytes (${MESSAGE_OVERHEAD_BYTES} added for each message) would be held, at most ${limit} are, ${when}`,
	);
}
