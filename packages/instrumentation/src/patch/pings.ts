import type { Clock } from '@linkscope/core';

/** Unanswered pings that are remembered of one socket. */
const MAX_PINGS = 16;

/** Pings that wait for their pong. */
export class Pings {
	/** When they were sent, oldest first, by what they carry. */
	readonly #sentAt = new Map<string, number>();

	constructor(readonly clock: Clock) {}

	sent(data: unknown): void {
		const key = keyOf(data);
		if (this.#sentAt.has(key)) return;
		this.#sentAt.set(key, this.clock.now());
		const [oldest = ''] = this.#sentAt.keys();
		if (this.#sentAt.size > MAX_PINGS) this.#sentAt.delete(oldest);
	}

	/**
	 * RFC 6455 section 5.5.3: a pong carries what its ping did, and pings before that one may stay without.
	 * @returns the round trip in milliseconds; null for a pong nobody asked for.
	 */
	answered(data: unknown): number | null {
		const key = keyOf(data);
		const sentAt = this.#sentAt.get(key);
		if (sentAt === undefined) return null;
		for (const earlier of this.#sentAt.keys()) {
			this.#sentAt.delete(earlier);
			if (earlier === key) break;
		}
		return this.clock.now() - sentAt;
	}
}

/** At most 125 bytes, given as text, as a number or as bytes. */
function keyOf(data: unknown): string {
	if (typeof data === 'number') return String(data);
	// ping(callback) carries nothing.
	return data && typeof data !== 'function' ? Buffer.from(data as Uint8Array).toString() : '';
}
