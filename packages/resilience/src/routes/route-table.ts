import { type Backoff, type Clock, Emitter, integerOption, type Subscribable, systemClock, type Unsubscribe } from '@linkscope/core';
import { ManagedRoute } from './managed-route.js';
import { redialBackoff } from './redial.js';
import { costOf, type RouteConnection, type RouteInfo, type RouteSpec } from './route.js';

export interface RouteTableOptions {
	/** Ways to reach the peer, best first; direct ones come before relayed ones all the same. */
	readonly routes: readonly RouteSpec[];
	/** A connection for a channel over a route, not open yet. */
	readonly dial: (route: string, channel: string) => RouteConnection;
	/** How long a route rests after a failed dial or a lost connection; null gives it up. Default: 5 to 10 s, for ever. */
	readonly backoff?: Backoff;
	readonly clock?: Clock;
	/** Dials under way at once. Default 3. */
	readonly maxDials?: number;
}

// After this time the next route is dialled beside one that has not answered yet (RFC 8305 section 5).
const HEAD_START_MS = 250;

/**
 * The routes of one peer. For each channel that is wanted and that nothing carries it dials the best route, then the next, until one is up.
 * A route that failed rests; one that the peer refused (4401, 4402, 4410) is not dialled again until `start()`.
 */
export class RouteTable {
	/** A route's state changed. */
	readonly onChange: Subscribable<void>;
	readonly #changes = new Emitter<void>();
	readonly #routes: readonly ManagedRoute[];
	readonly #wanted = new Map<string, { lastDialMs: number }>();
	readonly #clock: Clock;
	readonly #maxDials: number;
	#cancelHeadStart: Unsubscribe = () => {};
	#closed = false;

	/** @throws RangeError, TypeError naming the option. */
	constructor({ routes, dial, backoff = redialBackoff(), clock = systemClock, maxDials }: RouteTableOptions) {
		this.#maxDials = integerOption('maxDials', maxDials, 3, 1);
		this.#clock = clock;
		this.onChange = this.#changes;
		const names = new Set(routes.map(({ name }) => name));
		if (names.size !== routes.length) throw new TypeError(`routes must each be given once, got ${routes.map(({ name }) => name).join(', ')}`);
		const changed = (): void => this.#changed();
		this.#routes = routes.map((route) => new ManagedRoute(route, { clock, backoff, dial, changed }));
	}

	/** In the order in which they would be dialled. */
	get routes(): readonly RouteInfo[] {
		return this.#byCost().map(({ name, relayed, state, rttMs, error }) => ({ name, relayed, state, rttMs, error }));
	}

	/** Whether there is nothing left to dial: all were refused or given up, stopped or disabled. */
	get isExhausted(): boolean {
		return this.#routes.every((route) => route.hasGivenUp || route.state === 'stopped' || route.state === 'disabled');
	}

	/** Something is to carry this channel, and nothing does. */
	want(channel: string): void {
		if (this.#closed || this.#wanted.has(channel)) return;
		this.#wanted.set(channel, { lastDialMs: Number.NEGATIVE_INFINITY });
		this.#pump();
	}

	/** Something carries it, or nobody needs it any more. */
	unwant(channel: string): void {
		if (!this.#wanted.delete(channel)) return;
		for (const route of this.#routes) route.cancelDials(channel);
		this.#pump();
	}

	/** Makes a stopped or refused route one that may be dialled, at once. */
	start(name: string): void {
		this.#clear(name, 'disabled');
	}

	/** Closes its connections: 'Close called: Corresponding route was stopped'. */
	stop(name: string): Promise<void> {
		return this.#bar(name, 'stopped');
	}

	/** Undoes `disable()`. */
	enable(name: string): void {
		this.#clear(name, 'stopped');
	}

	/** As `stop()`, but `start()` does not undo it: 'Close called: Route is disabled'. */
	disable(name: string): Promise<void> {
		return this.#bar(name, 'disabled');
	}

	/** Closes everything and dials nothing more. Leaves no timer. */
	async close(reason: string): Promise<void> {
		this.#closed = true;
		this.#wanted.clear();
		this.#cancelHeadStart();
		await Promise.all(this.#routes.map((route) => route.close(reason)));
	}

	#bar(name: string, state: 'stopped' | 'disabled'): Promise<void> {
		const route = this.#find(name);
		if (state === 'stopped' && route.state === 'disabled') return Promise.resolve();
		const ended = route.bar(state);
		this.#changed();
		return ended;
	}

	#clear(name: string, unless: 'stopped' | 'disabled'): void {
		const route = this.#find(name);
		if (this.#closed || route.state === unless) return;
		route.clear();
		this.#changed();
	}

	#changed(): void {
		if (this.#closed) return;
		this.#pump();
		this.#changes.emit();
	}

	#pump(): void {
		if (this.#closed) return;
		let nextMs = Number.POSITIVE_INFINITY;
		for (const [channel, wanted] of this.#wanted) {
			if (this.#routes.some((each) => each.isUpFor(channel))) continue;
			const route = this.#byCost().find((each) => each.mayDial(channel));
			if (!route) continue;
			const isAlone = !this.#routes.some((each) => each.isUsedFor(channel));
			const waitMs = isAlone ? 0 : wanted.lastDialMs + HEAD_START_MS - this.#clock.now();
			if (waitMs > 0) nextMs = Math.min(nextMs, waitMs);
			else if (this.#dials() < this.#maxDials) {
				wanted.lastDialMs = this.#clock.now();
				route.dial(channel);
				if (this.#routes.some((each) => each.mayDial(channel))) nextMs = Math.min(nextMs, HEAD_START_MS);
			}
		}
		this.#cancelHeadStart();
		if (nextMs < Number.POSITIVE_INFINITY) this.#cancelHeadStart = this.#clock.after(nextMs, () => this.#pump());
	}

	#dials(): number {
		return this.#routes.reduce((sum, { dials }) => sum + dials, 0);
	}

	#byCost(): readonly ManagedRoute[] {
		return [...this.#routes].sort((left, right) => costOf(left) - costOf(right));
	}

	#find(name: string): ManagedRoute {
		const route = this.#routes.find((each) => each.name === name);
		if (!route) throw new RangeError(`there is no route ${JSON.stringify(name)}; there are: ${this.#routes.map((each) => each.name).join(', ') || 'none'}`);
		return route;
	}
}
