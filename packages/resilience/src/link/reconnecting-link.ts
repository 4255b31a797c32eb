import { type Channel, type Connection, ConnectionError, Emitter, type Payload, type Subscribable, throwLater } from '@linkscope/core';
import type { DialConnection } from './dial.js';
import type { DroppedMessage } from './held-messages.js';
import type { LinkEvent } from './link-event.js';
import { LinkInbox } from './link-inbox.js';
import { checkLinkOptions, type LinkOptions, type LostSession } from './link-options.js';
import { LinkOutbox } from './link-outbox.js';
import { isOver, type LinkState } from './link-state.js';
import { Reconnector } from './reconnector.js';

export interface LinkStatus {
	readonly state: LinkState;
	/** Tries since the link was last stable. */
	readonly retries: number;
	/** How often a lost connection was followed by another. */
	readonly reconnects: number;
	/** Dials so far. */
	readonly generation: number;
	/** Since anything was received; since the connection came where nothing was yet. */
	readonly silentMs: number;
	/** Accepted and not sent, or with a session not acknowledged. */
	readonly heldBytes: number;
	readonly droppedMessages: number;
	/** Why the last connection or dial failed; null once the link is stable. */
	readonly lastError: Error | null;
}

/**
 * A channel that outlives its connections: when one is lost it dials the next. What is sent meanwhile waits for it, bounded; what is sent on a connection that is lost
 * may not have arrived, and is never sent again, unless a `session` keeps it. FAILED and STOPPED are final: make a new link.
 */
export class ReconnectingLink implements Channel<LinkState> {
	readonly onState: Subscribable<LinkState>;
	readonly onEvent: Subscribable<LinkEvent>;
	readonly onMessage: Subscribable<Payload>;
	/** Each message that was accepted here and will not be sent. */
	readonly onDropped: Subscribable<DroppedMessage>;
	/** The session could not go on. The link goes on with another. */
	readonly onLost: Subscribable<LostSession>;
	readonly #machine: Reconnector;
	readonly #inbox: LinkInbox;
	readonly #outbox: LinkOutbox;
	#isClosing = false;
	/** What send() threw last. */
	#refusal: unknown = null;
	#opened: Promise<void> | null = null;
	#closed: Promise<void> | null = null;

	/**
	 * @param dial resolves with a new connection that is ACTIVE, each time it is called.
	 * @throws RangeError, TypeError naming the option.
	 */
	constructor(dial: DialConnection, options: LinkOptions = {}) {
		if (typeof dial !== 'function') throw new TypeError(`dial must be a function that resolves with a Connection, got ${typeof dial}`);
		const checked = checkLinkOptions(options);
		const { maxUnreadBytes, session } = checked;
		this.#machine = new Reconnector(dial, checked, { adopted: (connection) => this.#adopted(connection), failed: (error) => this.#failed(error) });
		this.#outbox = new LinkOutbox(checked, () => this.#machine.connection);
		this.#inbox = new LinkInbox({
			maxUnreadBytes,
			received: () => this.#machine.silence.touch(),
			reading: (isReading) => this.#machine.watchSilence(isReading),
			overflow: () =>
				this.#machine.fail(new ConnectionError('SLOW_READER', 'link: received messages were not read in time: read faster, or raise maxUnreadBytes')),
			onThrow: (error) => this.#listenerThrew(error),
		});
		this.onMessage = this.#inbox.inbound.onMessage;
		this.onState = this.#machine.onState;
		this.onEvent = this.#machine.onEvent;
		this.onDropped = this.#outbox.onDropped;
		this.onLost = session?.onLost ?? new Emitter<LostSession>();
	}

	/** Its name in the stats: `link.id` of its connections. */
	get id(): string {
		return this.#machine.id;
	}

	get state(): LinkState {
		return this.#machine.state;
	}

	/** The connection of now; null while there is none. */
	get connection(): Connection | null {
		return this.#machine.connection;
	}

	get status(): LinkStatus {
		const { state, error, counts, silence } = this.#machine;
		const { heldBytes, droppedMessages } = this.#outbox;
		return { state, ...counts, silentMs: silence.silentMs, heldBytes, droppedMessages, lastError: error };
	}

	/**
	 * Dials, until there is a connection or no hope for one. A second call waits for the first.
	 * @throws what it FAILED with; ConnectionError CONNECTION_CLOSED where it was closed before.
	 */
	open(): Promise<void> {
		this.#opened ??= this.#untilConnected();
		this.#machine.start();
		return this.#opened;
	}

	/**
	 * Sends one message now, or over the next connection.
	 * @returns false: accepted, and `drained()` tells when to go on.
	 * @throws ConnectionError CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG; what a plugin refused it with. That message is then not sent.
	 */
	send(payload: Payload): boolean {
		if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
			throw new TypeError(`a message is a string or a Uint8Array, got ${payload === null ? 'null' : typeof payload}`);
		}
		if (this.#isClosing || isOver(this.state)) {
			this.#refusal = this.#closedError();
			throw this.#refusal;
		}
		this.#machine.sending();
		return this.#outbox.send(payload);
	}

	/** Resolves when sending more is welcome, if need be after the next connection. @throws as `open()`. */
	async drained(): Promise<void> {
		for (let isDrained = false; !isDrained; ) {
			await this.#untilConnected();
			await this.#outbox.flushed;
			isDrained = await Promise.resolve(this.connection?.drained()).then(
				() => this.connection !== null,
				() => false,
			);
		}
	}

	/** Received messages as they are read, over all connections. Ends with the link; throws where it FAILED. */
	messages(): AsyncIterable<Payload> & AsyncIterator<Payload> {
		return this.#inbox.inbound.messages();
	}

	/**
	 * Dials now. What waits need not wait, what is connected is given up first, and what is being dialled goes on.
	 * @param options.fastPath quickly or not at all: the dial is given up after `fastPathTimeoutMs`.
	 * @returns whether there is a connection again; false where the link is over.
	 */
	async reconnect({ fastPath = false }: { fastPath?: boolean } = {}): Promise<boolean> {
		this.#machine.reconnect(fastPath);
		return this.#isConnectedSoon();
	}

	/** Somebody saw that what was being sent was cut off: gives the connection up and takes the fast path. Nothing where there is none. */
	markTxDrop(reason = 'marked by the application'): void {
		this.#machine.markTxDrop(reason);
	}

	/** Something was received by a way of which the link does not know: it is not silent. */
	updateLastDataTime(): void {
		this.#machine.silence.touch();
	}

	/**
	 * Opens the next connection before the present one is closed, so that nothing waits; the present one stays where that fails.
	 * @returns false where there is no connection to replace, or one is being dialled.
	 */
	replace(): boolean {
		return this.#machine.replace();
	}

	/**
	 * Dials nothing more and takes nothing more; a dial under way may come to its end, and what was accepted leaves over it. Then it closes.
	 * Never rejects.
	 */
	async drain(reason?: string): Promise<void> {
		this.#isClosing = true;
		this.#machine.drain();
		await this.drained().catch(() => {});
		await this.close(reason);
	}

	/**
	 * Ends it in every state: no later dial, and no timer is left. With a connection, what was accepted is sent first, within that one's `closeTimeoutMs`;
	 * without one, what waited is told by `onDropped`, or by `onLost`. Never rejects.
	 */
	close(reason = 'Close called.'): Promise<void> {
		this.#closed ??= this.#closeInOrder(reason);
		return this.#closed;
	}

	async #closeInOrder(reason: string): Promise<void> {
		this.#isClosing = true;
		const { connection } = this.#machine;
		this.#machine.stop();
		if (connection) this.#outbox.sendAll(connection);
		await this.#inbox.close(reason);
		this.#giveUp(null);
	}

	/** There is no connection any more, and none will come. */
	#giveUp(error: Error | null): void {
		this.#outbox.giveUp();
		this.#inbox.inbound.finish(error);
	}

	#failed(error: Error): void {
		this.#inbox.terminate('the link failed');
		this.#giveUp(error);
	}

	#adopted(connection: Connection): void {
		this.#inbox.add(connection);
		this.#outbox.flush(connection);
	}

	/** What a listener lets escape of send() of a link that is over, as every plain echo does, is nothing that anybody could have done better. */
	#listenerThrew(error: unknown): void {
		if (error !== this.#refusal) throwLater(error);
	}

	#closedError(): Error {
		const { state, error } = this.#machine;
		if (state === 'FAILED' && error) return error;
		return new ConnectionError('CONNECTION_CLOSED', `the link is ${state === 'STOPPED' ? state : 'being closed'}`);
	}

	#isConnectedSoon(): Promise<boolean> {
		return this.#untilConnected().then(
			() => true,
			() => false,
		);
	}

	#untilConnected(): Promise<void> {
		return new Promise((resolve, reject) => {
			const look = (): void => {
				if (this.connection) resolve();
				else if (isOver(this.state)) reject(this.#closedError());
				else return;
				off();
			};
			const off = this.onState.on(look);
			look();
		});
	}
}
