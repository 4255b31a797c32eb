import type { Clock } from '@linkscope/core';
import type { Call, Cluster, Hints, RemoteRegistration } from './cluster/cluster.js';
import type { CallOutcome } from './journal.js';
import { Buckets } from './limits/buckets.js';
import { goodbyeFor, type Refusal } from './refusals.js';
import { isOneKey } from './registration-key.js';
import type { Registrations } from './registrations.js';
import type { Client, Spare } from './spare.js';
import type { RelaySocket } from './wire/relay-socket.js';

/** Whoever asked for somebody, and is held until the answer. */
export interface Caller extends Client {
	readonly socket: RelaySocket;
}

export interface CallLimits {
	readonly callsPerSecondPerTarget: number;
	readonly callsBurstPerTarget: number;
}

export interface CallEvents {
	/** Two peers are to be piped to each other. */
	join(call: Call, caller: RelaySocket, target: RelaySocket): void;
	outcome(call: Call, outcome: CallOutcome): void;
	limited(limit: 'callsPerSecondPerTarget'): void;
	/** A mistake of ours. */
	failed(error: unknown): void;
}

/** What `discover` tells. `isAlive` is undefined where the target was not asked. */
export interface Whereabouts extends Hints {
	readonly isRegistered: boolean;
	readonly isAlive?: boolean;
}

// A listener that does not answer a ping for so long is passed over; it stays registered until its own timer gives it up.
const PONG_WAIT_MS = 3_000;
const NOWHERE: Whereabouts = { isRegistered: false, direct: [], relays: [], transports: [] };

/** Finds who is called, here and at the other nodes. */
export class Calls {
	readonly #registrations: Registrations;
	readonly #events: CallEvents;
	readonly #perTarget: Buckets;
	#cluster: Cluster | undefined;

	constructor(clock: Clock, limits: CallLimits, registrations: Registrations, cluster: Cluster | undefined, events: CallEvents) {
		this.#registrations = registrations;
		this.#cluster = cluster;
		this.#events = events;
		this.#perTarget = new Buckets(clock, limits.callsPerSecondPerTarget, limits.callsBurstPerTarget);
	}

	/** Targets that were called lately. */
	get remembered(): number {
		return this.#perTarget.size;
	}

	/** Who waits elsewhere is no matter any more. */
	stopAskingNodes(): void {
		this.#cluster = undefined;
	}

	close(): void {
		this.#perTarget.clear();
	}

	/** Splices the caller to the newest registration of its target, or refuses it; then nothing was used up. */
	async dial(call: Call, caller: Caller): Promise<void> {
		caller.socket.hold();
		const refusal = this.#refusalOf(call) ?? (await this.#connect(call, caller, await this.#elsewhere(call.target)));
		if (refusal === null) return;
		this.#events.outcome(call, caller.socket.isOpen ? refusal : 'caller-gone');
		caller.refuse(refusal);
	}

	/** A call that came by another node: it goes to one who waits here, or nowhere. */
	receive(call: Call, accept: () => RelaySocket): boolean {
		if (this.#registrations.newest(call.target) === undefined) return false;
		const socket = accept();
		const { code, reason } = goodbyeFor('NOT_REGISTERED', isOneKey(call.target));
		const refuse = (): void => socket.close(code, reason);
		void this.#connect(call, { socket, refuse, spliced() {} }, []).then(
			(refusal) => {
				if (refusal === null) return;
				this.#events.outcome(call, refusal);
				refuse();
			},
			(error) => {
				this.#events.failed(error);
				refuse();
			},
		);
		return true;
	}

	/** @returns null where the target was asked too often. */
	async discover(target: string, isProbe: boolean): Promise<Whereabouts | null> {
		if (isProbe && !this.#isWithinRate(target)) return null;
		const [there] = await this.#elsewhere(target);
		const here = this.#registrations.newest(target);
		const newest = isNewer(there, here) ? there : here;
		if (newest === undefined) return NOWHERE;
		const told = { isRegistered: true, ...newest.hints };
		return isProbe && newest === here ? { ...told, isAlive: await here.probe(PONG_WAIT_MS) } : told;
	}

	#refusalOf({ from, target }: Call): Refusal | null {
		if (from === target) return 'RELAY_SELF';
		return this.#isWithinRate(target) ? null : 'RELAY_RATE';
	}

	#isWithinRate(target: string): boolean {
		const isWithin = this.#perTarget.take(target);
		if (!isWithin) this.#events.limited('callsPerSecondPerTarget');
		return isWithin;
	}

	/** Newest first, wherever it waits. @returns null once it is spliced. */
	async #connect(call: Call, caller: Caller, elsewhere: readonly RemoteRegistration[]): Promise<Refusal | null> {
		const remaining = [...elsewhere];
		const tried = new Set<Spare>();
		while (caller.socket.isOpen) {
			const here = this.#registrations.newest(call.target, tried);
			const there = remaining[0];
			if (isNewer(there, here)) {
				remaining.shift();
				if (await this.#connectThere(call, caller, there)) return null;
			} else {
				if (here === undefined) return 'NOT_REGISTERED';
				tried.add(here);
				if (await this.#connectHere(call, caller, here)) return null;
			}
		}
		return 'NOT_REGISTERED';
	}

	async #connectHere(call: Call, caller: Caller, spare: Spare): Promise<boolean> {
		this.#registrations.take(spare);
		const isQuiet = await spare.isQuiet(PONG_WAIT_MS);
		if (!isQuiet || !caller.socket.isOpen || !spare.socket.isOpen) {
			this.#registrations.giveBack(spare);
			return false;
		}
		this.#registrations.gone(spare, false);
		spare.announce(call);
		this.#join(call, caller, spare.socket, 'local');
		return true;
	}

	async #connectThere(call: Call, caller: Caller, there: RemoteRegistration): Promise<boolean> {
		const link = (await this.#cluster?.call(there, call)) ?? null;
		if (link === null) return false;
		if (!caller.socket.isOpen) {
			link.close(1001, 'peer connection lost');
			return false;
		}
		this.#join(call, caller, link, 'remote');
		return true;
	}

	#join(call: Call, caller: Caller, target: RelaySocket, where: 'local' | 'remote'): void {
		caller.spliced();
		this.#events.outcome(call, where);
		this.#events.join(call, caller.socket, target);
	}

	async #elsewhere(key: string): Promise<readonly RemoteRegistration[]> {
		return this.#cluster?.isHealthy ? this.#cluster.find(key) : [];
	}
}

function isNewer(there: RemoteRegistration | undefined, here: Spare | undefined): there is RemoteRegistration {
	return there !== undefined && (here === undefined || there.since > here.since);
}
