import { type Clock, Emitter, type Subscribable, systemClock } from '@linkscope/core';
import { CloseReason } from './close-reasons.js';
import { whichToDrop } from './pool-rules.js';

/** What the pool asks of a connection. */
export interface PooledConnection {
	/** Whether this side, of the smaller identity, says which connection carries the channel. */
	readonly decides: boolean;
	readonly dialledByDecider: boolean;
	/** Tells the other side that this one carries the channel from here on. */
	carry(): void;
	/** In good order: what either side sent arrives first. */
	close(reason: string): unknown;
}

export interface CarrierChange<C> {
	readonly channel: string;
	/** What carries the channel now; null where nothing does. */
	readonly connection: C | null;
}

interface Slot<C> {
	/** All that are open, those on their way out included. */
	readonly members: Set<C>;
	/** At the side that decides: the one that is to carry, and since when. */
	kept: { readonly connection: C; readonly atMs: number } | null;
	carrier: C | null;
}

/**
 * The open connections of one peer, by channel: of each channel one carries its messages, the others go.
 *
 * The side of the smaller identity decides, the other follows, so they always agree. A connection begins to carry only when those before it
 * have ended, each in good order: so messages are neither lost nor overtaken on the way from one to the next.
 */
export class PeerPool<C extends PooledConnection> {
	readonly onCarrier: Subscribable<CarrierChange<C>>;
	readonly #changes = new Emitter<CarrierChange<C>>();
	readonly #slots = new Map<string, Slot<C>>();
	readonly #clock: Clock;

	constructor(clock: Clock = systemClock) {
		this.#clock = clock;
		this.onCarrier = this.#changes;
	}

	/** What carries a channel; null while nothing does. */
	carrier(channel: string): C | null {
		return this.#slots.get(channel)?.carrier ?? null;
	}

	/** How many connections of a channel are open, those on their way out included. */
	count(channel: string): number {
		return this.#slots.get(channel)?.members.size ?? 0;
	}

	/** A connection became usable. Where this side decides, one of two is closed. */
	add(channel: string, connection: C): void {
		const slot = this.#slotOf(channel);
		slot.members.add(connection);
		if (!connection.decides) return;
		const nowMs = this.#clock.now();
		const drop = slot.kept && whichToDrop(slot.kept.connection, connection, nowMs - slot.kept.atMs);
		if (drop?.which === 'new') {
			connection.close(drop.reason);
			return;
		}
		const old = slot.kept?.connection;
		slot.kept = { connection, atMs: nowMs };
		if (drop) old?.close(drop.reason);
		this.#settle(channel, slot);
	}

	/** The other side, which decides, said that this one carries. One that carried before and has not ended is half-open: it knows that one no more. */
	carried(channel: string, connection: C): void {
		const slot = this.#slotOf(channel);
		if (!slot.members.has(connection)) return;
		const { carrier } = slot;
		this.#setCarrier(channel, slot, connection);
		if (carrier) carrier.close(CloseReason.REPLACED);
	}

	/** A connection ended, or nothing more comes on it. */
	remove(channel: string, connection: C): void {
		const slot = this.#slots.get(channel);
		if (!slot?.members.delete(connection)) return;
		if (slot.kept?.connection === connection) slot.kept = null;
		if (slot.carrier === connection) this.#setCarrier(channel, slot, null);
		this.#settle(channel, slot);
	}

	#settle(channel: string, slot: Slot<C>): void {
		const next = slot.kept?.connection;
		if (!next || slot.carrier === next || slot.members.size > 1) return;
		next.carry();
		this.#setCarrier(channel, slot, next);
	}

	#setCarrier(channel: string, slot: Slot<C>, connection: C | null): void {
		slot.carrier = connection;
		this.#changes.emit({ channel, connection });
	}

	#slotOf(channel: string): Slot<C> {
		const slot = this.#slots.get(channel) ?? { members: new Set(), kept: null, carrier: null };
		this.#slots.set(channel, slot);
		return slot;
	}
}
