import { type Connection, Inbound, type InboundHooks, type Payload } from '@linkscope/core';

export interface LinkInboxHooks extends Pick<InboundHooks, 'maxUnreadBytes' | 'overflow' | 'onThrow'> {
	received(): void;
	/** False while nobody reads, so that nothing is taken from the connections. */
	reading(isReading: boolean): void;
}

/** What is received over the connections of a link, in one stream. While too much is unread it waits in the connections, which stop their transports. */
export class LinkInbox {
	readonly inbound: Inbound;
	/** Connections that have not ended, with what stops listening to each. */
	readonly #sources = new Map<Connection, () => void>();
	readonly #hooks: LinkInboxHooks;
	#isPaused = false;

	constructor(hooks: LinkInboxHooks) {
		this.#hooks = hooks;
		this.inbound = new Inbound({ ...hooks, pause: () => this.#pause(), resume: () => this.#resume(), onCount: () => {} });
		this.inbound.release();
	}

	add(connection: Connection): void {
		this.#sources.set(connection, () => {});
		if (!this.#isPaused) this.#listen(connection);
		connection.onClose.once(() => {
			// What it has received stays readable, and comes before what the next one receives.
			if (this.#isPaused) this.#listen(connection);
			this.#sources.delete(connection);
		});
	}

	/** Closes those that have not ended. */
	async close(reason: string): Promise<void> {
		await Promise.all([...this.#sources.keys()].map((connection) => connection.close(reason)));
	}

	terminate(reason: string): void {
		for (const connection of [...this.#sources.keys()]) connection.terminate(reason);
	}

	#listen(connection: Connection): void {
		const off = connection.onMessage.on((payload: Payload) => {
			this.#hooks.received();
			this.inbound.deliver(payload);
		});
		this.#sources.set(connection, off);
	}

	#pause(): boolean {
		this.#isPaused = true;
		for (const off of this.#sources.values()) off();
		this.#hooks.reading(false);
		return true;
	}

	#resume(): void {
		this.#isPaused = false;
		for (const connection of this.#sources.keys()) this.#listen(connection);
		this.#hooks.reading(true);
	}
}
