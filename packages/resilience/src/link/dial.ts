import { type AbortSignal, asError, type Clock, type Connection, type LinkInfo, TransportError, type Unsubscribe } from '@linkscope/core';

/** One try of a link to get a connection. */
export interface LinkAttempt {
	/** 0 for the first dial, then 1, 2, … since the link was last stable. */
	readonly retry: number;
	/** Quick or not at all: it is given up after `fastPathTimeoutMs`. */
	readonly fastPath: boolean;
	/** Aborts when the link gives this try up: hand it to `connection.open()`. */
	readonly signal: AbortSignal;
	/** For `ConnectionOptions.link`, so that the stats show one link with several connections. */
	readonly link: LinkInfo;
}

/** Resolves with a new connection, with new plugins, that is ACTIVE. */
export type DialConnection = (attempt: LinkAttempt) => Promise<Connection>;

/** One dial under way: it ends in a connection or an error, once and in time. What comes later is ended at once. */
export class Dial {
	readonly #abort = new AbortController();
	readonly #cancelTimeout: Unsubscribe;
	#ended: ((outcome: Connection | Error) => void) | null;

	constructor(dial: DialConnection, attempt: Omit<LinkAttempt, 'signal'>, timeoutMs: number, clock: Clock, ended: (outcome: Connection | Error) => void) {
		this.#ended = ended;
		this.#cancelTimeout = clock.after(
			timeoutMs,
			() => {
				const error = new TransportError('OPEN_TIMEOUT', `link: the dial was not done within ${timeoutMs} ms`);
				this.#settle(error);
				this.#abort.abort(error);
			},
			{ keepAlive: true },
		);
		void this.#run(dial, { ...attempt, signal: this.#abort.signal });
	}

	/** Nobody waits for it any more. */
	abandon(): void {
		this.#ended = null;
		this.#cancelTimeout();
		this.#abort.abort(new TransportError('OPEN_ABORTED', 'link: the dial was given up'));
	}

	async #run(dial: DialConnection, attempt: LinkAttempt): Promise<void> {
		// Not in the turn that decided to dial: a factory may call the link.
		await undefined;
		if (this.#ended === null) return;
		try {
			const connection = await dial(attempt);
			if (typeof connection?.send !== 'function' || typeof connection.terminate !== 'function') {
				throw new TypeError('the dial function of a link must resolve with a Connection');
			}
			if (this.#ended === null) connection.terminate('dialled too late');
			else this.#settle(connection);
		} catch (error) {
			this.#settle(asError(error));
		}
	}

	#settle(outcome: Connection | Error): void {
		const ended = this.#ended;
		this.#ended = null;
		this.#cancelTimeout();
		ended?.(outcome);
	}
}
