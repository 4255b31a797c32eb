import { type Connection, codeOf, Emitter, type Payload, PluginError } from '@linkscope/core';
import { type DroppedMessage, HeldMessages } from './held-messages.js';
import type { CheckedLinkOptions, LinkSession } from './link-options.js';

/** The sending end of a link: over its connection, or kept for the next one. */
export class LinkOutbox {
	readonly onDropped = new Emitter<DroppedMessage>();
	readonly #held: HeldMessages;
	readonly #session: LinkSession | undefined;
	readonly #connection: () => Connection | null;
	#dropped = 0;
	#flushed: Promise<void> = Promise.resolve();

	/** @param connection the one of now; null while there is none. */
	constructor({ maxHeldBytes, overflow, session }: CheckedLinkOptions, connection: () => Connection | null) {
		this.#session = session;
		this.#connection = connection;
		this.#held = new HeldMessages(maxHeldBytes, overflow, (message) => {
			this.#dropped++;
			this.onDropped.emit(message);
		});
	}

	/** Accepted and not sent, or with a session not acknowledged. */
	get heldBytes(): number {
		return this.#held.bytes + (this.#session?.bufferedBytes ?? 0);
	}

	get droppedMessages(): number {
		return this.#dropped;
	}

	/** Resolves when what was held has been sent over the present connection, or that has ended. */
	get flushed(): Promise<void> {
		return this.#flushed;
	}

	send(payload: Payload): boolean {
		const connection = this.#connection();
		if (connection?.state === 'ACTIVE' && this.#held.bytes === 0) return this.#sendOver(connection, payload);
		if (this.#session) return this.#session.send(payload);
		this.#held.push(payload);
		return false;
	}

	/** There is a connection: what was held goes first. */
	flush(connection: Connection): void {
		this.#flushed = this.#flush(connection);
	}

	/** At the end: a connection that is busy takes more all the same, within its bound. */
	sendAll(connection: Connection): void {
		for (let before = Number.POSITIVE_INFINITY; this.#held.bytes > 0 && this.#held.bytes < before; ) {
			before = this.#held.bytes;
			this.#sendHeld(connection);
		}
	}

	/** No connection will come. */
	giveUp(): void {
		this.#session?.close();
		this.#held.dropAll();
	}

	async #flush(connection: Connection): Promise<void> {
		while (this.#held.bytes > 0 && connection === this.#connection()) {
			if (!this.#sendHeld(connection)) await connection.drained().catch(() => {});
		}
	}

	/** Sends the oldest that waits. @returns false: wait for the connection. */
	#sendHeld(connection: Connection): boolean {
		const payload = this.#held.shift() as Payload;
		try {
			return connection.send(payload);
		} catch (error) {
			if (codeOf(error) !== 'MESSAGE_TOO_BIG' && !(error instanceof PluginError)) {
				this.#held.giveBack(payload);
				return false;
			}
			this.#held.drop(payload, 'refused');
			return true;
		}
	}

	#sendOver(connection: Connection, payload: Payload): boolean {
		try {
			return connection.send(payload);
		} catch (error) {
			// The connection ended just now. A session has kept the message.
			if (connection.state === 'ACTIVE' || this.#isRefusal(error)) throw error;
			if (!this.#session) this.#held.push(payload);
			return false;
		}
	}

	/** Whether it is the message that was not wanted; the next connection would not take it either. */
	#isRefusal(error: unknown): boolean {
		const code = codeOf(error);
		return code === 'MESSAGE_TOO_BIG' || code === 'SEND_QUEUE_FULL' || (error instanceof PluginError && !this.#session);
	}
}
