import { asError, type Clock, Emitter, every, numberOption, type Subscribable, systemClock, throwLater, type Unsubscribe } from '@linkscope/core';

/** What a WebSocket has of what is needed. */
export interface StatusClient {
	send(text: string): unknown;
	readonly bufferedAmount?: number;
	readonly readyState?: number;
}

/** What is broadcast; a `ConnectionStates` is one. */
export interface StatesSource {
	readonly states: object;
	readonly onChange: Subscribable<unknown>;
}

export interface StatusBroadcasterOptions {
	/** Default 10,000. */
	readonly intervalMs?: number;
	/** Changes that follow the one told last sooner than this are told together. Default 100. */
	readonly minGapMs?: number;
	/** A client with more than this unsent skips a frame. Default 65,536. */
	readonly maxBufferedBytes?: number;
	readonly clock?: Clock;
}

export interface BroadcasterStatistics {
	readonly clients: number;
	readonly framesSent: number;
	/** Frames that a client was too slow for. */
	readonly framesSkipped: number;
	/** Clients that threw. */
	readonly clientsDropped: number;
}

// Of a WebSocket.
const CONNECTING = 0;
const OPEN = 1;

/**
 * Sends `{"type":"connection_status","states":{…}}` to its clients: at once when one comes, at once on a change, and every 10 s.
 * Each frame is complete, so a client that skipped some has missed nothing but time.
 */
export class StatusBroadcaster {
	/** A client threw and was left out. */
	readonly onDropped: Subscribable<{ client: StatusClient; error: Error }>;
	readonly #drops = new Emitter<{ client: StatusClient; error: Error }>();
	readonly #source: StatesSource;
	readonly #clock: Clock;
	readonly #intervalMs: number;
	readonly #minGapMs: number;
	readonly #maxBufferedBytes: number;
	readonly #clients = new Set<StatusClient>();
	readonly #unsubscribe: Unsubscribe;
	#cancelInterval: Unsubscribe = () => {};
	#cancelGap: Unsubscribe | null = null;
	#hasNews = false;
	#isClosed = false;
	#sent = 0;
	#skipped = 0;
	#dropped = 0;

	/** @throws RangeError, TypeError naming the option. */
	constructor(source: StatesSource, options: StatusBroadcasterOptions = {}) {
		if (typeof source?.onChange?.on !== 'function') throw new TypeError('source must have states and onChange');
		this.#source = source;
		this.#clock = options.clock ?? systemClock;
		this.#intervalMs = numberOption('intervalMs', options.intervalMs, 10_000, 1);
		this.#minGapMs = numberOption('minGapMs', options.minGapMs, 100);
		this.#maxBufferedBytes = numberOption('maxBufferedBytes', options.maxBufferedBytes, 65_536);
		this.onDropped = this.#drops;
		this.#unsubscribe = source.onChange.on(() => this.#changed());
	}

	get statistics(): BroadcasterStatistics {
		return { clients: this.#clients.size, framesSent: this.#sent, framesSkipped: this.#skipped, clientsDropped: this.#dropped };
	}

	/**
	 * Sends the state as it is, and from now on every frame. One that is closed is forgotten.
	 * @returns takes it out.
	 */
	add(client: StatusClient): Unsubscribe {
		if (typeof client?.send !== 'function') throw new TypeError('client must have send(text)');
		if (this.#isClosed) return () => {};
		if (this.#clients.size === 0) this.#cancelInterval = every(this.#clock, this.#intervalMs, () => this.#broadcast());
		this.#clients.add(client);
		const frame = this.#frame();
		if (frame !== null) this.#send(client, frame);
		return () => this.#remove(client);
	}

	/** For good: leaves no timer, and the clients as they are. */
	close(): void {
		this.#isClosed = true;
		this.#unsubscribe();
		for (const client of this.#clients) this.#remove(client);
	}

	#changed(): void {
		this.#hasNews = true;
		if (this.#cancelGap === null && this.#clients.size > 0) this.#tellChange();
	}

	#tellChange(): void {
		this.#cancelGap = this.#clock.after(this.#minGapMs, () => {
			this.#cancelGap = null;
			if (this.#hasNews) this.#tellChange();
		});
		this.#broadcast();
	}

	#broadcast(): void {
		this.#hasNews = false;
		const frame = this.#frame();
		if (frame !== null) for (const client of this.#clients) this.#send(client, frame);
	}

	#frame(): string | null {
		try {
			return JSON.stringify({ type: 'connection_status', states: this.#source.states });
		} catch (error) {
			// The application's mistake, for it to hear of; the next frame may be well.
			throwLater(error);
			return null;
		}
	}

	#send(client: StatusClient, frame: string): void {
		try {
			const { readyState = OPEN, bufferedAmount = 0 } = client;
			if (readyState > OPEN) this.#remove(client);
			else if (readyState === CONNECTING || bufferedAmount > this.#maxBufferedBytes) this.#skipped++;
			else {
				const sent = client.send(frame);
				this.#sent++;
				if (sent instanceof Promise) sent.catch((error) => this.#drop(client, error));
			}
		} catch (error) {
			this.#drop(client, error);
		}
	}

	#drop(client: StatusClient, error: unknown): void {
		if (!this.#remove(client)) return;
		this.#dropped++;
		this.#drops.emit({ client, error: asError(error) });
	}

	#remove(client: StatusClient): boolean {
		const isRemoved = this.#clients.delete(client);
		if (isRemoved && this.#clients.size === 0) {
			this.#cancelInterval();
			this.#cancelGap?.();
			this.#cancelGap = null;
		}
		return isRemoved;
	}
}
