import { codeOf, integerOption } from '@linkscope/core';
import { Ring } from '../ring.js';

/** Why a failed try was repeated, or was not: a word of these, or the name of a strategy. */
export type RetryRule = 'BACKOFF' | 'MAX_ATTEMPTS' | 'BACKOFF_ENDED' | 'NOT_RETRYABLE' | 'CIRCUIT_OPEN' | 'ABORTED' | (string & {});

/** What was decided after a failed try. */
export interface RetryDecision {
	/** The try that failed, 1 for the first. */
	readonly attempt: number;
	readonly rule: RetryRule;
	/** The wait before the next try; null: there is none. */
	readonly delayMs: number | null;
	readonly error: unknown;
}

export interface RetryLedgerEntry {
	/** Of the operation, or the policy's name. */
	readonly id: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	readonly attempt: number;
	readonly rule: RetryRule;
	readonly delayMs: number | null;
	/** Code or name of the error: texts may hold what should not be kept. */
	readonly error: string;
}

/** Every retry and every refusal, the last so many of them. */
export class RetryLedger {
	readonly #entries: Ring<RetryLedgerEntry>;

	/** @param size entries that are kept. Default 1,000. */
	constructor(size?: number) {
		this.#entries = new Ring(integerOption('ledgerSize', size, 1_000, 0, 1_000_000));
	}

	/** Oldest first. */
	get entries(): readonly RetryLedgerEntry[] {
		return this.#entries.toArray();
	}

	/** Entries that gave way to later ones. */
	get dropped(): number {
		return this.#entries.dropped;
	}

	record(id: string, at: number, { attempt, rule, delayMs, error }: RetryDecision): void {
		this.#entries.push({ id, at, attempt, rule, delayMs, error: errorLabel(error) });
	}
}

const MAX_LABEL_LENGTH = 64;

/** A short word for an error: its code, else its name. */
export function errorLabel(error: unknown): string {
	const label = codeOf(error) ?? (error as { name?: unknown } | null | undefined)?.name;
	return typeof label === 'string' ? label.slice(0, MAX_LABEL_LENGTH) : typeof error;
}
