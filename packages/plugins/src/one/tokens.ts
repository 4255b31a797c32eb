import { type Clock, integerOption, numberOption, systemClock } from '@linkscope/core';
import { encodeBase64url, randomBytes } from '@linkscope/crypto/nacl';

const TOKEN_BYTES = 48;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface OneTokenBookOptions {
	clock?: Clock;
	/** Tokens that may be out at once. Default 1,000. */
	maxTokens?: number;
}

/** The tokens of an inviter: each is good once and for a time. In memory, as the inviter's timer is. */
export class OneTokenBook {
	/** When each ends, by the clock's monotonic time. */
	readonly #endsAt = new Map<string, number>();
	readonly #clock: Clock;
	readonly #maxTokens: number;

	constructor(options: OneTokenBookOptions = {}) {
		this.#clock = options.clock ?? systemClock;
		this.#maxTokens = integerOption('maxTokens', options.maxTokens, 1_000, 1);
	}

	/**
	 * @param expiresInMs default 15 minutes, at most a day.
	 * @returns 64 characters for an invite.
	 * @throws RangeError where as many are out as may be.
	 */
	issue(expiresInMs?: number): string {
		const now = this.#clock.now();
		const endsAt = now + numberOption('expiresInMs', expiresInMs, 15 * 60 * 1000, 1, DAY_MS);
		for (const [token, end] of this.#endsAt) if (end <= now) this.#endsAt.delete(token);
		if (this.#endsAt.size >= this.#maxTokens) throw new RangeError(`maxTokens: ${this.#maxTokens} invites are out already; revoke some or wait until they end`);
		const token = encodeBase64url(randomBytes(TOKEN_BYTES));
		this.#endsAt.set(token, endsAt);
		return token;
	}

	/** Uses a token up: of all who come with it, exactly one is told true. */
	claim(token: string): boolean {
		// 384 random bits: what a look-up's time could tell is of no use.
		const endsAt = this.#endsAt.get(token);
		return this.#endsAt.delete(token) && (endsAt as number) > this.#clock.now();
	}

	revoke(token: string): void {
		this.#endsAt.delete(token);
	}
}
