import { asError, type Backoff, type Clock, type Unsubscribe } from '@linkscope/core';
import { CloseReason } from '../pool/close-reasons.js';
import { isFinal, type RouteConnection, type RouteInfo, type RouteSpec, type RouteState } from './route.js';

export interface RouteHooks {
	readonly clock: Clock;
	readonly backoff: Backoff;
	dial(route: string, channel: string): RouteConnection;
	/** Its state is another. */
	changed(): void;
}

/** One route of a peer: its connections, and the rest it takes when one of them failed. */
export class ManagedRoute implements RouteInfo {
	readonly name: string;
	readonly relayed: boolean;
	rttMs: number | null = null;
	error: Error | null = null;
	/** By channel; those that are still being dialled included. */
	readonly #connections = new Map<RouteConnection, string>();
	#barred: 'stopped' | 'disabled' | null = null;
	/** Refused for good, or the backoff gave up. */
	#hasGivenUp = false;
	#cancelRest: Unsubscribe | null = null;
	#attempts = 0;
	#waitedMs = 0;
	readonly #hooks: RouteHooks;

	constructor({ name, relayed }: RouteSpec, hooks: RouteHooks) {
		this.name = name;
		this.relayed = relayed;
		this.#hooks = hooks;
	}

	get state(): RouteState {
		if (this.#barred) return this.#barred;
		const states = [...this.#connections.keys()].map(({ state }) => state);
		if (states.includes('ACTIVE')) return 'up';
		if (states.length > 0) return 'connecting';
		return this.hasGivenUp || this.#cancelRest ? 'failed' : 'idle';
	}

	get hasGivenUp(): boolean {
		return this.#hasGivenUp;
	}

	get dials(): number {
		return [...this.#connections.keys()].filter(isDialling).length;
	}

	mayDial(channel: string): boolean {
		return !this.#barred && !this.#hasGivenUp && !this.#cancelRest && !this.isUsedFor(channel);
	}

	isUsedFor(channel: string): boolean {
		return [...this.#connections.values()].includes(channel);
	}

	isUpFor(channel: string): boolean {
		return [...this.#connections].some(([{ state }, each]) => each === channel && state === 'ACTIVE');
	}

	dial(channel: string): void {
		let connection: RouteConnection;
		try {
			connection = this.#hooks.dial(this.name, channel);
		} catch (thrown) {
			// A mistake of who gave the options: the next dial would throw the same.
			this.error = asError(thrown);
			return this.#giveUp();
		}
		this.#connections.set(connection, channel);
		connection.open().then(
			() => this.#opened(connection),
			(error) => this.#ended(connection, asError(error)),
		);
	}

	/** Gives up the dials for a channel that is carried: those of which the peer cannot know yet. */
	cancelDials(channel: string): void {
		for (const [connection, each] of this.#connections) {
			if (each === channel && connection.state === 'CONNECTING') this.#let(connection, CloseReason.DUPLICATE);
		}
	}

	/** Until `start()` or `enable()`; its connections close. */
	bar(state: 'stopped' | 'disabled'): Promise<void> {
		this.#barred = state;
		this.#stopResting();
		const reason = state === 'stopped' ? CloseReason.ROUTE_STOPPED : CloseReason.ROUTE_DISABLED;
		return this.#letAll(reason);
	}

	/** May be dialled again, at once, even where it was refused before. */
	clear(): void {
		this.#barred = null;
		this.#hasGivenUp = false;
		this.#attempts = 0;
		this.#stopResting();
	}

	async close(reason: string): Promise<void> {
		this.#barred = 'stopped';
		this.#stopResting();
		await this.#letAll(reason);
	}

	async #letAll(reason: string): Promise<void> {
		await Promise.all([...this.#connections.keys()].map((connection) => this.#let(connection, reason)));
	}

	/** What this side closes by itself is no failure: nothing rests. */
	#let(connection: RouteConnection, reason: string): Promise<void> {
		this.#connections.delete(connection);
		return connection.close(reason);
	}

	#opened(connection: RouteConnection): void {
		this.#attempts = 0;
		this.#waitedMs = 0;
		this.error = null;
		// It may have ended in the turn in which it opened.
		if (connection.closeInfo) return this.#ended(connection, connection.closeInfo.error ?? null);
		connection.onClose.once(({ error }) => this.#ended(connection, error ?? null));
		this.#hooks.changed();
	}

	#ended(connection: RouteConnection, error: Error | null): void {
		if (!this.#connections.delete(connection)) return;
		this.rttMs = connection.rttMs ?? this.rttMs;
		this.error = error;
		if (isFinal(connection.closeInfo)) this.#giveUp();
		else this.#rest();
	}

	#rest(): void {
		if (this.#cancelRest || this.#barred) return;
		const waitMs = this.#hooks.backoff.next(++this.#attempts, this.#waitedMs);
		if (waitMs === null) return this.#giveUp();
		this.#waitedMs = waitMs;
		this.#cancelRest = this.#hooks.clock.after(waitMs, () => {
			this.#cancelRest = null;
			this.#hooks.changed();
		});
		this.#hooks.changed();
	}

	#giveUp(): void {
		this.#hasGivenUp = true;
		this.#stopResting();
		this.#hooks.changed();
	}

	#stopResting(): void {
		this.#cancelRest?.();
		this.#cancelRest = null;
	}
}

function isDialling({ state }: RouteConnection): boolean {
	return state !== 'ACTIVE' && state !== 'CLOSING';
}
