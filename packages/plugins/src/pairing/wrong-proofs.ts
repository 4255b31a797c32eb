import type { Clock } from '@linkscope/core';

const MAX_WRONG = 5;
const SHUT_OUT_MS = 60 * 60_000;
// Identities cost a stranger nothing: whom we remember is bounded, oldest forgotten first. A secret of 256 bits needs no more.
const MAX_IDENTITIES = 1024;

/** Counts wrong proofs by identity: five within an hour of each other shut it out until it has been quiet for one. Invites are never shut. */
export class WrongProofs {
	readonly #clock: Clock;
	/** Oldest first. */
	readonly #byIdentity = new Map<string, { count: number; lastMs: number }>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	isShutOut(identity: string): boolean {
		return this.#countOf(identity) >= MAX_WRONG;
	}

	add(identity: string): void {
		const count = Math.min(this.#countOf(identity) + 1, MAX_WRONG);
		this.#byIdentity.delete(identity);
		this.#byIdentity.set(identity, { count, lastMs: this.#clock.now() });
		if (this.#byIdentity.size > MAX_IDENTITIES) {
			for (const oldest of this.#byIdentity.keys()) {
				this.#byIdentity.delete(oldest);
				break;
			}
		}
	}

	#countOf(identity: string): number {
		const known = this.#byIdentity.get(identity);
		return known === undefined || this.#clock.now() - known.lastMs >= SHUT_OUT_MS ? 0 : known.count;
	}
}
