import { Emitter, type Subscribable, type Unsubscribe } from './emitter.js';
import { byteLength, type Payload } from './payload.js';
import { platform } from './platform.js';
import { MESSAGE_OVERHEAD_BYTES, Queue } from './queue.js';

export interface InboundHooks {
	readonly maxUnreadBytes: number;
	/** Stops the source. @returns false where it cannot be stopped. */
	pause(): boolean;
	resume(): void;
	/** More is unread than may be held. */
	overflow(): void;
	onThrow(error: unknown): void;
	onCount(count: number): void;
}

/**
 * The receiving end of a connection, or of a link over many. What nobody has read yet is held, bounded by what that costs: first the source
 * is paused, and where that is not possible, or not enough, its owner gives up as a slow reader.
 */
export class Inbound {
	readonly onMessage: Subscribable<Payload>;
	readonly #emitter: Emitter<Payload>;
	readonly #readers = new Set<MessageIterator>();
	readonly #unread = new Queue<Payload>();
	/** The overhead of each message included. */
	#unreadBytes = 0;
	#released = false;
	#flushing = false;
	#paused = false;
	#end: { error: Error | null } | null = null;
	readonly #hooks: InboundHooks;

	constructor(hooks: InboundHooks) {
		this.#hooks = hooks;
		this.#emitter = new Emitter(hooks);
		const subscribe = (add: () => Unsubscribe): Unsubscribe => {
			const off = add();
			// Not inside on(): its caller does not hold the undo yet.
			if (this.#unread.length > 0) platform.queueMicrotask(() => this.#flush());
			return off;
		};
		this.onMessage = {
			on: (listener) => subscribe(() => this.#emitter.on(listener)),
			once: (listener) => subscribe(() => this.#emitter.once(listener)),
		};
	}

	deliver(payload: Payload): void {
		if (this.#released && this.#unread.length === 0 && this.#readers.size === 0 && this.#emitter.count > 0) {
			this.#emitter.emit(payload);
			return;
		}
		this.#unread.push(payload);
		this.#hold(heldBytes(payload));
		this.#flush();
	}

	/** The connection is ACTIVE: what came early may reach the application. */
	release(): void {
		this.#released = true;
		this.#flush();
	}

	messages(): AsyncIterable<Payload> & AsyncIterator<Payload> {
		const reader = new MessageIterator(
			(bytes) => this.#letGo(bytes),
			() => this.#readers.delete(reader),
		);
		this.#readers.add(reader);
		this.#flush();
		if (this.#end) reader.finish(this.#end.error);
		return reader;
	}

	/** Nothing more comes. What was received stays readable, but for a connection that failed before ACTIVE: who is at its other end was never settled. */
	finish(error: Error | null): void {
		if (error && !this.#released) this.#unread.clear();
		this.#released = true;
		this.#flush();
		this.#end = { error };
		for (const reader of this.#readers) reader.finish(error);
	}

	#flush(): void {
		if (!this.#released || this.#flushing) return;
		this.#flushing = true;
		while (this.#emitter.count > 0 || this.#readers.size > 0) {
			const payload = this.#unread.shift();
			if (payload === undefined) break;
			const bytes = heldBytes(payload);
			// Each reader holds it until it is read; counted once per holder.
			for (const reader of this.#readers) {
				this.#unreadBytes += bytes;
				reader.push(payload, bytes);
			}
			this.#letGo(bytes);
			this.#emitter.emit(payload);
		}
		this.#flushing = false;
	}

	#hold(bytes: number): void {
		this.#unreadBytes += bytes;
		const { maxUnreadBytes } = this.#hooks;
		if (this.#unreadBytes <= maxUnreadBytes) return;
		if (!this.#paused) this.#paused = this.#hooks.pause();
		// A paused transport may still hand over what it had already read: hence the second bound.
		if (!this.#paused || this.#unreadBytes > 4 * maxUnreadBytes) this.#hooks.overflow();
	}

	#letGo(bytes: number): void {
		this.#unreadBytes -= bytes;
		if (this.#paused && this.#unreadBytes <= this.#hooks.maxUnreadBytes / 2) {
			this.#paused = false;
			this.#hooks.resume();
		}
	}
}

function heldBytes(payload: Payload): number {
	return byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
}

class MessageIterator implements AsyncIterable<Payload>, AsyncIterator<Payload> {
	readonly #queue = new Queue<{ payload: Payload; bytes: number }>();
	readonly #waiting = new Queue<{ resolve(result: IteratorResult<Payload>): void; reject(error: Error): void }>();
	#end: { error: Error | null } | null = null;
	readonly #released: (bytes: number) => void;
	readonly #left: () => void;

	constructor(released: (bytes: number) => void, left: () => void) {
		this.#released = released;
		this.#left = left;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	push(payload: Payload, bytes: number): void {
		const waiter = this.#waiting.shift();
		if (!waiter) {
			this.#queue.push({ payload, bytes });
			return;
		}
		this.#released(bytes);
		waiter.resolve({ done: false, value: payload });
	}

	next(): Promise<IteratorResult<Payload>> {
		const entry = this.#queue.shift();
		if (entry) {
			this.#released(entry.bytes);
			return Promise.resolve({ done: false, value: entry.payload });
		}
		if (this.#end) return this.#end.error ? Promise.reject(this.#end.error) : Promise.resolve({ done: true, value: undefined });
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	return(): Promise<IteratorResult<Payload>> {
		this.#left();
		for (const { bytes } of this.#queue.clear()) this.#released(bytes);
		this.finish(null);
		return Promise.resolve({ done: true, value: undefined });
	}

	finish(error: Error | null): void {
		this.#end ??= { error };
		for (const waiter of this.#waiting.clear()) {
			if (error) waiter.reject(error);
			else waiter.resolve({ done: true, value: undefined });
		}
	}
}
