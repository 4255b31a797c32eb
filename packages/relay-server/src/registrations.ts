import type { Clock } from '@linkscope/core';
import type { Registration } from './cluster/cluster.js';
import { Buckets } from './limits/buckets.js';
import { Tally } from './limits/tally.js';
import type { Refusal } from './refusals.js';
import type { Spare } from './spare.js';

export interface RegistrationLimits {
	readonly registrationsPerKey: number;
	readonly registrationsPerAddress: number;
}

/** What others have to hear: the cluster, and the one who is one too many. */
export interface RegistrationEvents {
	added(registration: Registration): void;
	removed(registration: Registration): void;
	/** Is no longer listed; its socket is to be closed. */
	replaced(spare: Spare): void;
	limited(limit: 'registrationsPerKey' | 'registrationsPerAddress' | 'flapping'): void;
}

// Registrations that end unused, for one key: somebody who comes and goes costs a proof each time.
const FLAPS = { burst: 20, perSecond: 1 };

/** Who waits at this node. */
export class Registrations {
	/** All of them, those that are taken for a call under way among them. */
	readonly #alive = new Map<string, Spare>();
	/** Those that wait, oldest first. */
	readonly #waiting = new Map<string, Spare[]>();
	readonly #byAddress: Tally;
	readonly #flaps: Buckets;
	readonly #limits: RegistrationLimits;
	readonly #events: RegistrationEvents;

	constructor(clock: Clock, limits: RegistrationLimits, events: RegistrationEvents) {
		this.#limits = limits;
		this.#events = events;
		this.#byAddress = new Tally(limits.registrationsPerAddress);
		this.#flaps = new Buckets(clock, FLAPS.perSecond, FLAPS.burst);
	}

	get size(): number {
		return this.#alive.size;
	}

	/** Entries of all maps: 0 when nobody waits and nobody has come and gone lately. */
	get remembered(): number {
		return this.#alive.size + this.#waiting.size + this.#byAddress.size + this.#flaps.size;
	}

	/** Those that wait. */
	*[Symbol.iterator](): IterableIterator<Spare> {
		for (const spares of this.#waiting.values()) yield* spares;
	}

	/** @returns why it may not wait, null when it does. The oldest of its key beyond the limit makes room. */
	add(spare: Spare): Refusal | null {
		if (!this.#flaps.has(spare.key)) {
			this.#events.limited('flapping');
			return 'RELAY_RATE';
		}
		if (!this.#byAddress.add(spare.group)) {
			this.#events.limited('registrationsPerAddress');
			return 'RELAY_QUOTA';
		}
		this.#alive.set(spare.id, spare);
		spare.wait();
		this.#list(spare);
		return null;
	}

	/** The newest of a key; one that has no ping to answer before any that has. */
	newest(key: string, except?: ReadonlySet<Spare>): Spare | undefined {
		const spares = this.#waiting.get(key)?.filter((spare) => spare.socket.isOpen && !except?.has(spare));
		return spares?.filter((spare) => !spare.isPinged).at(-1) ?? spares?.at(-1);
	}

	/** For a call: nobody else gets this one. */
	take(spare: Spare): void {
		this.#unlist(spare);
	}

	/** The call came to nothing before the spare heard of it. */
	giveBack(spare: Spare): void {
		if (this.#alive.has(spare.id)) this.#list(spare);
	}

	/** Closes one that another node counts as one too many; not one that is taken. */
	evict(id: string): void {
		const spare = this.#alive.get(id);
		if (spare !== undefined && this.#unlist(spare)) this.#events.replaced(spare);
	}

	/** It waits no more. @param isUnused its socket ended, without a call. Idempotent. */
	gone(spare: Spare, isUnused: boolean): void {
		if (!this.#alive.delete(spare.id)) return;
		this.#unlist(spare);
		this.#byAddress.remove(spare.group);
		if (isUnused) this.#flaps.take(spare.key);
	}

	/** Forgets who came and went. */
	close(): void {
		this.#flaps.clear();
	}

	#list(spare: Spare): void {
		// Not pushed: an array that has grown keeps room for sixteen more, and most keys have one.
		const spares = [...(this.#waiting.get(spare.key) ?? []), spare].sort((a, b) => a.since - b.since);
		this.#waiting.set(spare.key, spares);
		this.#events.added(spare);
		const oldest = spares[0] as Spare;
		if (spares.length <= this.#limits.registrationsPerKey) return;
		this.#events.limited('registrationsPerKey');
		this.#unlist(oldest);
		this.#events.replaced(oldest);
	}

	#unlist(spare: Spare): boolean {
		const spares = this.#waiting.get(spare.key);
		if (!spares?.includes(spare)) return false;
		if (spares.length === 1) this.#waiting.delete(spare.key);
		else spares.splice(spares.indexOf(spare), 1);
		this.#events.removed(spare);
		return true;
	}
}
