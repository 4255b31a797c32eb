import { Ring } from '../ring.js';
import { errorLabel, type RetryRule } from './retry-ledger.js';

export type RetryOutcome = 'SUCCESS' | 'EXHAUSTED' | 'REFUSED' | 'ABORTED';

/** One operation that has ended. */
export interface RetryRecord {
	readonly id: string;
	readonly strategy: string;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	readonly durationMs: number;
	/** Tries that were made; 0 where it was refused or aborted before the first. */
	readonly attempts: number;
	readonly outcome: RetryOutcome;
	/** Code or name of the last error. */
	readonly error: string | null;
}

export interface FailurePattern {
	/** Code or name of the error; 'OTHER' where there are too many kinds. */
	error: string;
	count: number;
	/** Milliseconds since 1970. */
	lastAt: number;
}

export interface RetryAnalytics {
	/** Operations that have ended. */
	operations: number;
	/** Operations under way or waiting. */
	active: number;
	attempts: number;
	/** Attempts that were not the first of their operation. */
	retries: number;
	succeeded: number;
	exhausted: number;
	refused: number;
	aborted: number;
	/** 0 to 1 of the operations that have ended and were not aborted; null while there are none. */
	successRate: number | null;
	/** Of an operation; null while none has ended. */
	averageAttempts: number | null;
	/** Most frequent first. */
	failurePatterns: FailurePattern[];
	circuits: { closed: number; open: number; halfOpen: number };
}

const MAX_PATTERNS = 100;

/** Counts what retries do, and keeps the last operations. */
export class RetryCounts {
	readonly #history: Ring<RetryRecord>;
	readonly #patterns = new Map<string, FailurePattern>();
	readonly #outcomes: Record<RetryOutcome, number> = { SUCCESS: 0, EXHAUSTED: 0, REFUSED: 0, ABORTED: 0 };
	#attempts = 0;
	#retries = 0;
	#attemptsOfEnded = 0;

	constructor(historySize: number) {
		this.#history = new Ring(historySize);
	}

	/** Oldest first. */
	history(id?: string): RetryRecord[] {
		const all = this.#history.toArray();
		return id === undefined ? all : all.filter((record) => record.id === id);
	}

	attempt(number: number): void {
		this.#attempts++;
		if (number > 1) this.#retries++;
	}

	failure(error: unknown, at: number): void {
		const label = errorLabel(error);
		const key = this.#patterns.has(label) || this.#patterns.size < MAX_PATTERNS - 1 ? label : 'OTHER';
		const pattern = this.#patterns.get(key) ?? { error: key, count: 0, lastAt: at };
		pattern.count++;
		pattern.lastAt = at;
		this.#patterns.set(key, pattern);
	}

	ended(record: RetryRecord): void {
		this.#outcomes[record.outcome]++;
		this.#attemptsOfEnded += record.attempts;
		this.#history.push(record);
	}

	summarize(active: number, circuits: RetryAnalytics['circuits']): RetryAnalytics {
		const { SUCCESS: succeeded, EXHAUSTED: exhausted, REFUSED: refused, ABORTED: aborted } = this.#outcomes;
		const decided = succeeded + exhausted + refused;
		const operations = decided + aborted;
		return {
			operations,
			active,
			attempts: this.#attempts,
			retries: this.#retries,
			succeeded,
			exhausted,
			refused,
			aborted,
			successRate: decided === 0 ? null : succeeded / decided,
			averageAttempts: operations === 0 ? null : this.#attemptsOfEnded / operations,
			failurePatterns: [...this.#patterns.values()].map((pattern) => ({ ...pattern })).sort((a, b) => b.count - a.count),
			circuits,
		};
	}
}

export function outcomeOf(rule: RetryRule): RetryOutcome {
	if (rule === 'ABORTED') return 'ABORTED';
	return rule === 'MAX_ATTEMPTS' || rule === 'BACKOFF_ENDED' ? 'EXHAUSTED' : 'REFUSED';
}
