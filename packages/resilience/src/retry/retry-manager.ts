import { type AbortSignal, type Clock, Emitter, integerOption, numberOption, type Subscribable, systemClock } from '@linkscope/core';
import type { CircuitBreaker, CircuitEvent } from '../policies/circuit-breaker.js';
import type { Task } from '../policies/composable-policy.js';
import { abortedError, PolicyError } from '../policies/policy-error.js';
import { ActiveRetry, type RetryHost } from './active-retry.js';
import { retryPressure } from './adaptive.js';
import { Circuits } from './circuits.js';
import { isRetryable } from './is-retryable.js';
import { outcomeOf, type RetryAnalytics, RetryCounts, type RetryOutcome, type RetryRecord } from './retry-analytics.js';
import { errorLabel, RetryLedger, type RetryRule } from './retry-ledger.js';
import { defaultStrategy } from './retry-strategy.js';
import { StrategyPlans } from './strategy-plans.js';
import { Waits } from './waits.js';

export interface RetryManagerOptions {
	/** Ended operations that are kept. Default 1,000. */
	historySize?: number;
	/** Retries and refusals that are kept. Default 1,000. */
	ledgerSize?: number;
	/** Operations under way or waiting; one more is refused. Default 10,000. */
	maxActive?: number;
	/** Circuits that are kept. Default 1,000. */
	maxCircuits?: number;
	/** Default `isRetryable`: all but what cannot succeed. */
	isRetryable?(error: unknown): boolean;
	/** From 0 to 1. */
	random?: () => number;
	clock?: Clock;
}

export type RetryEvent =
	/** A try begins. */
	| { type: 'attempt'; id: string; attempt: number }
	| { type: 'success'; id: string; attempts: number; durationMs: number }
	/** A try failed; `delayMs` until the next, null: there is none. */
	| { type: 'failed'; id: string; attempt: number; error: unknown; rule: RetryRule; delayMs: number | null }
	/** No further try; the rule says why. */
	| { type: 'exhausted'; id: string; attempts: number; error: unknown; rule: RetryRule };

/** Runs operations under an id, repeats those that fail, and knows what became of them. */
export class RetryManager {
	readonly ledger: RetryLedger;
	readonly #events = new Emitter<RetryEvent>();
	readonly #circuits: Circuits;
	readonly #counts: RetryCounts;
	readonly #active = new Set<ActiveRetry>();
	readonly #plans: StrategyPlans;
	readonly #host: RetryHost;
	readonly #maxActive: number;
	readonly #clock: Clock;
	/** Tries that failed since the last success, of any operation: what ADAPTIVE waits longer for. */
	#failuresInARow = 0;
	#started = 0;
	#stopped = false;

	constructor(options: RetryManagerOptions = {}) {
		const { clock = systemClock, random = Math.random } = options;
		this.#clock = clock;
		this.#maxActive = integerOption('maxActive', options.maxActive, 10_000, 1);
		this.ledger = new RetryLedger(options.ledgerSize);
		this.#counts = new RetryCounts(integerOption('historySize', options.historySize, 1_000, 0, 1_000_000));
		this.#circuits = new Circuits(integerOption('maxCircuits', options.maxCircuits, 1_000, 1), clock);
		// Asked before the try that has just failed is counted.
		const pressure = (attempt: number): number => retryPressure(attempt, this.#failuresInARow + 1, this.#active.size);
		this.#plans = new StrategyPlans({ clock, isRetryable: options.isRetryable ?? isRetryable, random, pressure });
		this.#host = this.#createHost();
	}

	get onEvent(): Subscribable<RetryEvent> {
		return this.#events;
	}

	/** `name` is the circuit's id. */
	get onCircuit(): Subscribable<CircuitEvent> {
		return this.#circuits.onEvent;
	}

	/**
	 * Runs an operation until it succeeds, may not be repeated, or has had its tries. Several may share an id.
	 * @param maxAttempts tries in all. Default 3.
	 * @param signal cancels it.
	 * @throws what the last try threw; PolicyError CIRCUIT_OPEN, BULKHEAD_FULL, OPERATION_ABORTED; RangeError or TypeError naming the field.
	 */
	executeWithRetry<T>(id: string, operation: Task<T>, strategy = defaultStrategy, maxAttempts?: number, signal?: AbortSignal): Promise<T> {
		return this.schedule(id, operation, 0, strategy, maxAttempts, signal);
	}

	/** The same, begun after a while. */
	schedule<T>(id: string, operation: Task<T>, delayMs: number, strategy = defaultStrategy, maxAttempts?: number, signal?: AbortSignal): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			checkCall(id, operation, signal);
			const plan = this.#plans.of(strategy, maxAttempts);
			const laterMs = numberOption('delayMs', delayMs, 0);
			const breaker = plan.circuit ? this.#circuits.open(id, plan.circuit.threshold, plan.circuit.openMs) : undefined;
			this.#checkRoom(signal);
			const run = new ActiveRetry(this.#host, { id, plan, operation, breaker }, resolve as (value: unknown) => void, reject);
			run.order = this.#started++;
			this.#active.add(run);
			if (signal) run.follow(signal);
			run.begin(laterMs);
		});
	}

	/**
	 * Runs an operation once, unless too many of that id have failed in a row.
	 * @param threshold failures in a row that open the circuit. Default 5.
	 * @param timeout milliseconds for which it stays open. Default 60,000. Figures that differ from those before begin a new circuit.
	 * @throws what the operation throws; PolicyError CIRCUIT_OPEN; RangeError or TypeError naming the argument.
	 */
	executeWithCircuitBreaker<T>(id: string, operation: Task<T>, threshold?: number, timeout?: number, signal?: AbortSignal): Promise<T> {
		try {
			checkCall(id, operation, signal);
			return this.#circuits.open(id, threshold, timeout).execute(operation, signal);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** The circuit of an id: its state, and `reset()`. */
	circuit(id: string): CircuitBreaker | undefined {
		return this.#circuits.find(id);
	}

	/**
	 * Cancels all operations of an id: those that wait reject with OPERATION_ABORTED, those that run see their signal abort and are not repeated.
	 * @returns how many.
	 */
	cancel(id: string, reason?: unknown): number {
		return this.#cancel((run) => run.id === id, reason);
	}

	/** Cancels everything and begins nothing more. */
	stop(reason?: unknown): void {
		this.#stopped = true;
		this.#cancel(() => true, reason);
	}

	/** Operations under way or waiting. */
	get active(): number {
		return this.#active.size;
	}

	/** The last operations that have ended, oldest first. */
	history(id?: string): RetryRecord[] {
		return this.#counts.history(id);
	}

	analytics(): RetryAnalytics {
		const [closed, open, halfOpen] = [this.#circuits.count('CLOSED'), this.#circuits.count('OPEN'), this.#circuits.count('HALF_OPEN')];
		return this.#counts.summarize(this.#active.size, { closed, open, halfOpen });
	}

	#createHost(): RetryHost {
		return {
			waits: new Waits(this.#clock),
			attempted: ({ id }, attempt) => {
				this.#counts.attempt(attempt);
				this.#events.emit({ type: 'attempt', id, attempt });
			},
			decided: ({ id }, decision, again) => {
				const { attempt, error, rule, delayMs } = decision;
				const at = this.#clock.epoch();
				this.ledger.record(id, at, decision);
				if (again) return;
				this.#failuresInARow++;
				this.#counts.failure(error, at);
				this.#events.emit({ type: 'failed', id, attempt, error, rule, delayMs });
			},
			succeeded: (run) => {
				this.#failuresInARow = 0;
				const durationMs = this.#ended(run, 'SUCCESS', null);
				this.#events.emit({ type: 'success', id: run.id, attempts: run.attempts, durationMs });
			},
			gaveUp: (run, { rule, error }) => {
				this.#ended(run, outcomeOf(rule), errorLabel(error));
				this.#events.emit({ type: 'exhausted', id: run.id, attempts: run.attempts, error, rule });
			},
		};
	}

	#ended(run: ActiveRetry, outcome: RetryOutcome, error: string | null): number {
		this.#active.delete(run);
		const { id, plan, attempts } = run;
		const durationMs = this.#clock.now() - run.startedAtMs;
		this.#counts.ended({ id, strategy: String(plan.rule), startedAt: this.#clock.epoch() - durationMs, durationMs, attempts, outcome, error });
		return durationMs;
	}

	#checkRoom(signal: AbortSignal | undefined): void {
		if (this.#stopped) throw new PolicyError('OPERATION_ABORTED', 'the RetryManager was stopped');
		if (signal?.aborted) throw abortedError(signal.reason);
		if (this.#active.size < this.#maxActive) return;
		throw new PolicyError('BULKHEAD_FULL', `${this.#active.size} operations are under way or wait already; come back later or raise maxActive`);
	}

	#cancel(which: (run: ActiveRetry) => boolean, reason: unknown): number {
		const runs = [...this.#active].filter(which);
		for (const run of runs) run.cancel(reason);
		return runs.length;
	}
}

function checkCall(id: unknown, operation: unknown, signal: AbortSignal | undefined): void {
	if (typeof id !== 'string') throw new TypeError(`id must be a string, got ${typeof id}`);
	if (typeof operation !== 'function') throw new TypeError(`operation must be a function, got ${typeof operation}`);
	if (signal !== undefined && typeof signal?.addEventListener !== 'function') throw new TypeError(`signal must be an AbortSignal, got ${typeof signal}`);
}
