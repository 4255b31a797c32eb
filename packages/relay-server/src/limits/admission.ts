import type { Clock } from '@linkscope/core';
import { Buckets } from './buckets.js';
import type { RelayLimits } from './limits.js';
import { Tally } from './tally.js';

/** Why somebody is not let in: a limit's name, as the metrics have it. */
export type AdmissionLimit = 'maxConnections' | 'connectionsPerAddress' | 'connectionsPerSecondPerAddress';

/** Counts connections, in all and by address. */
export class Admission {
	readonly #limits: RelayLimits;
	readonly #byAddress: Tally;
	readonly #rate: Buckets;
	#links = 0;

	constructor(clock: Clock, limits: RelayLimits) {
		this.#limits = limits;
		this.#byAddress = new Tally(limits.connectionsPerAddress);
		this.#rate = new Buckets(clock, limits.connectionsPerSecondPerAddress, limits.connectionsBurstPerAddress);
	}

	get open(): number {
		return this.#byAddress.total + this.#links;
	}

	/** Addresses that are remembered. */
	get remembered(): number {
		return this.#byAddress.size + this.#rate.size;
	}

	/** A client. @returns null: it is in, and `leave` follows; otherwise the limit it met. */
	enter(group: string): AdmissionLimit | null {
		if (this.open >= this.#limits.maxConnections) return 'maxConnections';
		if (!this.#rate.take(group)) return 'connectionsPerSecondPerAddress';
		return this.#byAddress.add(group) ? null : 'connectionsPerAddress';
	}

	leave(group: string): void {
		this.#byAddress.remove(group);
	}

	/** Another node, which speaks for many clients: its address counts for nothing. @returns as `enter`; `leaveLink` follows. */
	enterLink(): AdmissionLimit | null {
		if (this.open >= this.#limits.maxConnections) return 'maxConnections';
		this.#links++;
		return null;
	}

	leaveLink(): void {
		this.#links--;
	}

	close(): void {
		this.#rate.clear();
	}
}
