import { throwLater } from '@linkscope/core';
import type { CheckedLinkOptions } from './link-options.js';
import type { LinkFailure, Recovery } from './recovery.js';

/** Counts the tries since a link was last stable, and says how long the next one waits. */
export class RetrySchedule {
	retries = 0;
	#waitedMs = 0;
	#wasAtOnce = false;
	readonly #options: Pick<CheckedLinkOptions, 'backoff' | 'maxRetries' | 'recovery'>;

	constructor(options: Pick<CheckedLinkOptions, 'backoff' | 'maxRetries' | 'recovery'>) {
		this.#options = options;
	}

	/** It is stable. */
	reset(): void {
		this.retries = 0;
		this.#waitedMs = 0;
		this.#wasAtOnce = false;
	}

	recoveryFor(failure: LinkFailure): Recovery {
		try {
			return this.#options.recovery(failure);
		} catch (thrown) {
			throwLater(thrown);
			return 'backoff';
		}
	}

	/**
	 * Counts one try more.
	 * @param isUrgent at once even where the last try was.
	 * @returns how long it waits; null: no more tries.
	 * @throws what the backoff throws, TypeError where it returns neither milliseconds nor null.
	 */
	next(recovery: 'at-once' | 'backoff', isUrgent: boolean): number | null {
		const { maxRetries } = this.#options;
		if (maxRetries > 0 && this.retries >= maxRetries) return null;
		this.#wasAtOnce = isUrgent || (recovery === 'at-once' && !this.#wasAtOnce);
		const waitMs = this.#wasAtOnce ? 0 : this.#askBackoff();
		if (waitMs !== null) this.retries++;
		return waitMs;
	}

	#askBackoff(): number | null {
		const waitMs = this.#options.backoff.next(this.retries + 1, this.#waitedMs);
		if (waitMs === null) return null;
		if (typeof waitMs !== 'number' || !(waitMs >= 0)) throw new TypeError(`backoff.next() must return milliseconds or null, got ${String(waitMs)}`);
		this.#waitedMs = waitMs;
		return waitMs;
	}
}
