import type { Clock } from './clock.js';
import type { Unsubscribe } from './emitter.js';
import { HandshakeError } from './errors.js';
import { byteLength, type Payload } from './payload.js';
import { type AbortController, type AbortSignal, platform } from './platform.js';
import type { SecureChannel, Wire } from './plugin.js';
import { MESSAGE_OVERHEAD_BYTES, Queue } from './queue.js';

/** Frames a handshake has not read yet, the overhead of each included; more than this ends the connection. */
export const MAX_INBOX_BYTES = 256 * 1024;

export interface HandshakeContext {
	readonly plugin: string;
	readonly initiator: boolean;
	readonly clock: Clock;
	readonly timeoutMs: number;
	readonly inheritedSecure: () => SecureChannel | undefined;
	sendDown(payload: Payload): void;
	/** The inbox is half full: stop the transport where it can be stopped. */
	crowd(): void;
	fail(error: Error): void;
}

/** The wire of one handshake: an inbox for early frames, `read()`, a deadline. */
export class Handshake implements Wire {
	/** Made for who asks: most handshakes do not, and every connection has several. */
	#controller: AbortController | null = null;
	#expire: (error: Error) => void = () => {};
	readonly #inbox = new Queue<Payload>();
	#inboxBytes = 0;
	#reader: { resolve(payload: Payload): void; reject(error: Error): void } | null = null;
	#ended: Error | null = null;
	#cancelTimer: Unsubscribe = () => {};
	#provided: SecureChannel | undefined;
	readonly #context: HandshakeContext;

	constructor(context: HandshakeContext) {
		this.#context = context;
	}

	get signal(): AbortSignal {
		if (this.#controller === null) {
			this.#controller = new platform.AbortController();
			if (this.#ended) this.#controller.abort(this.#ended);
		}
		return this.#controller.signal;
	}

	get initiator(): boolean {
		return this.#context.initiator;
	}

	get secure(): SecureChannel | undefined {
		return this.#provided ?? this.#context.inheritedSecure();
	}

	provideSecure(channel: SecureChannel): void {
		this.#provided = channel;
	}

	/** Runs a plugin's handshake under the deadline. The frames it leaves unread stay in the inbox. */
	async run(handshake: (wire: Wire) => Promise<void>): Promise<void> {
		const { clock, plugin, timeoutMs } = this.#context;
		const deadline = new Promise<never>((_, reject) => {
			this.#expire = reject;
		});
		this.#cancelTimer = clock.after(timeoutMs, () => {
			this.abort(
				new HandshakeError('HANDSHAKE_TIMEOUT', `${plugin}: handshake did not finish within ${timeoutMs} ms: the other end is slow, or has no ${plugin}`),
			);
		});
		try {
			if (this.#ended) throw this.#ended;
			await Promise.race([handshake(this), deadline]);
		} finally {
			// A read that the handshake has left behind must not swallow what comes next.
			this.#reader = null;
			this.#cancelTimer();
		}
	}

	send(payload: Payload): void {
		if (this.#ended) throw this.#ended;
		this.#context.sendDown(payload);
	}

	read(): Promise<Payload> {
		if (this.#ended) return Promise.reject(this.#ended);
		if (this.#reader) return Promise.reject(new TypeError('Wire.read() is already waiting'));
		const early = this.takeUnread();
		if (early !== undefined) return Promise.resolve(early);
		return new Promise((resolve, reject) => {
			this.#reader = { resolve, reject };
		});
	}

	/** A frame reached this place in the chain. */
	push(payload: Payload): void {
		if (this.#ended) return;
		if (this.#reader) {
			const { resolve } = this.#reader;
			this.#reader = null;
			resolve(payload);
			return;
		}
		this.#inbox.push(payload);
		this.#inboxBytes += byteLength(payload) + MESSAGE_OVERHEAD_BYTES;
		if (this.#inboxBytes > MAX_INBOX_BYTES) {
			this.#context.fail(
				new HandshakeError(
					'HANDSHAKE_INBOX_FULL',
					`${this.#context.plugin}: more than ${MAX_INBOX_BYTES} bytes (${MESSAGE_OVERHEAD_BYTES} added for each frame) arrived before the handshake was done`,
				),
			);
		} else if (this.#inboxBytes > MAX_INBOX_BYTES / 2) {
			this.#context.crowd();
		}
	}

	takeUnread(): Payload | undefined {
		const frame = this.#inbox.shift();
		if (frame !== undefined) this.#inboxBytes -= byteLength(frame) + MESSAGE_OVERHEAD_BYTES;
		return frame;
	}

	/** Ends a handshake that runs or waits for its turn. */
	abort(error: Error): void {
		if (this.#ended) return;
		this.#ended = error;
		this.#cancelTimer();
		this.#reader?.reject(error);
		this.#reader = null;
		this.#controller?.abort(error);
		this.#expire(error);
	}
}
