import type { Clock, Unsubscribe } from '@linkscope/core';
import type { Call, Hints, Registration } from './cluster/cluster.js';
import type { Refusal } from './refusals.js';
import type { RelaySocket } from './wire/relay-socket.js';

/** What the two protocols say to one who waits. */
export interface WaitingWords {
	readonly ping: string;
	isPong(text: string): boolean;
	/** Hands a call over; from behind these on everything belongs to the peers. */
	announce(call: Call): readonly string[];
}

/** Whose registration it is. */
export interface Client {
	refuse(refusal: Refusal): void;
	/** Its frames belong to the other peer from now on. */
	spliced(): void;
}

export interface SpareOptions {
	id: string;
	key: string;
	hints: Hints;
	words: WaitingWords;
	socket: RelaySocket;
	/** Who its limits are counted for. */
	group: string;
	clock: Clock;
	pingIntervalMs: number;
	client: Client;
}

// docs/protocol.md#relay: S gives up 1 s after an interval without an answer.
const PONG_GRACE_MS = 1_000;

/** One registration that waits for its one call: pinged until then, so that both ends know that the way between them is open. */
export class Spare implements Registration {
	readonly id: string;
	readonly key: string;
	readonly since: number;
	readonly hints: Hints;
	readonly socket: RelaySocket;
	readonly group: string;
	readonly #options: SpareOptions;
	#cancelTimer: Unsubscribe | null = null;
	#isPinged = false;
	/** Who waits for the answer that is under way. */
	#onPong: ((isAlive: boolean) => void)[] | null = null;

	constructor(options: SpareOptions) {
		this.id = options.id;
		this.key = options.key;
		this.hints = options.hints;
		this.socket = options.socket;
		this.group = options.group;
		this.since = options.clock.epoch();
		this.#options = options;
	}

	/** A ping is out: its answer is still to come, and must not be taken for the peer's first word to a caller. */
	get isPinged(): boolean {
		return this.#isPinged;
	}

	/** Begins to wait: the first ping is due after an interval. */
	wait(): void {
		this.#after(this.#options.pingIntervalMs, () => this.#ping());
	}

	/** What the socket says while it waits. */
	receive(text: string): void {
		if (!this.#isPinged || !this.#options.words.isPong(text)) return this.#options.client.refuse('PROTOCOL_ORDER');
		this.#isPinged = false;
		this.wait();
		this.#answer(true);
	}

	/** @returns true once no answer to a ping is under way; false where it did not come within `waitMs`, or the socket ended. */
	async isQuiet(waitMs: number): Promise<boolean> {
		return this.#isPinged ? this.#pongWithin(waitMs) : true;
	}

	/** Asks out of turn. Any number may ask at once: there is one ping. */
	probe(waitMs: number): Promise<boolean> {
		if (!this.#isPinged) this.#ping();
		return this.#pongWithin(waitMs);
	}

	/** The last words before the splice, and the end of the pings. */
	announce(call: Call): void {
		this.stop();
		this.#options.client.spliced();
		for (const text of this.#options.words.announce(call)) this.socket.send(text);
	}

	/** The socket has ended, or belongs to a splice. */
	stop(): void {
		this.#isPinged = false;
		this.#cancelTimer?.();
		this.#answer(false);
	}

	#ping(): void {
		this.#isPinged = true;
		this.#after(this.#options.pingIntervalMs + PONG_GRACE_MS, () => this.#options.client.refuse('HEARTBEAT_TIMEOUT'));
		this.socket.send(this.#options.words.ping);
	}

	#pongWithin(waitMs: number): Promise<boolean> {
		return new Promise((resolve) => {
			const cancel = this.#options.clock.after(waitMs, () => resolve(false));
			this.#onPong ??= [];
			this.#onPong.push((isAlive) => {
				cancel();
				resolve(isAlive);
			});
		});
	}

	#answer(isAlive: boolean): void {
		const asked = this.#onPong ?? [];
		this.#onPong = null;
		for (const answer of asked) answer(isAlive);
	}

	#after(ms: number, fn: () => void): void {
		this.#cancelTimer?.();
		this.#cancelTimer = this.#options.clock.after(ms, fn);
	}
}
