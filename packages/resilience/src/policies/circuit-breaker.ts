import { type Clock, Emitter, numberOption, type Subscribable, systemClock } from '@linkscope/core';
import { type BreakerRule, consecutiveFailures } from './breaker-rules.js';
import { ComposablePolicy, start, type Task } from './composable-policy.js';
import type { LazyAttempt } from './lazy-attempt.js';
import { PolicyError } from './policy-error.js';

export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

export type CircuitEvent =
	/** Failures have opened it. */
	| { type: 'opened'; name: string; error: unknown; openMs: number }
	/** A probe went well. */
	| { type: 'closed'; name: string }
	/** By hand. */
	| { type: 'reset'; name: string };

export interface CircuitBreakerOptions {
	/** For messages and events. Default 'circuit'. */
	name?: string;
	/** When it opens. Default `consecutiveFailures(5)`. */
	rule?: BreakerRule;
	/** How long it stays open before a call may probe. Default 60,000. */
	openMs?: number;
	/** A probe that takes longer counts as failed, at the next call. Default 60,000. */
	probeTimeoutMs?: number;
	/** What counts as a failure of the service. Default: every error. One that throws counts as yes. */
	isFailure?(error: unknown): boolean;
	clock?: Clock;
}

/**
 * Calls nothing that keeps failing: once its rule says so it refuses for `openMs`, then lets exactly one call probe.
 * A caller who leaves is no failure; a timeout around the breaker is one.
 * @throws RangeError naming the option. The policy rejects with PolicyError CIRCUIT_OPEN.
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
	return new CircuitBreaker(options);
}

/** What happens to the outcome of a call depends on when it began: a late answer to an earlier period changes nothing. */
interface Phase {
	readonly state: CircuitState;
	succeeded(): void;
	failed(error: unknown): void;
	/** The caller left: nothing is known of the service. */
	left(): void;
	/** Until then it refuses, or its probe may take. */
	readonly untilMs: number;
}

export class CircuitBreaker extends ComposablePolicy {
	readonly name: string;
	readonly openMs: number;
	readonly #probeTimeoutMs: number;
	readonly #rule: BreakerRule;
	readonly #isFailure: ((error: unknown) => boolean) | undefined;
	readonly #clock: Clock;
	readonly #events = new Emitter<CircuitEvent>();
	#phase: Phase;

	constructor(options: CircuitBreakerOptions = {}) {
		super();
		this.name = options.name ?? 'circuit';
		this.openMs = numberOption('openMs', options.openMs, 60_000, 1);
		this.#probeTimeoutMs = numberOption('probeTimeoutMs', options.probeTimeoutMs, 60_000, 1);
		this.#rule = options.rule ?? consecutiveFailures();
		this.#isFailure = options.isFailure;
		this.#clock = options.clock ?? systemClock;
		this.#phase = this.#closed();
	}

	get onEvent(): Subscribable<CircuitEvent> {
		return this.#events;
	}

	/** OPEN until a call probes, even when its time is over. */
	get state(): CircuitState {
		return this.#phase.state;
	}

	/** Milliseconds until a call may probe, or until a probe counts as failed; 0 while it is CLOSED. */
	get refusesForMs(): number {
		return this.#phase.state === 'CLOSED' ? 0 : Math.max(0, this.#phase.untilMs - this.#clock.now());
	}

	/** Closes it and forgets what it counted. */
	reset(): void {
		this.#phase = this.#closed();
		this.#events.emit({ type: 'reset', name: this.name });
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		if (this.#phase.state !== 'CLOSED' && !this.#mayProbe()) return Promise.reject(this.#refusal());
		const phase = this.#phase;
		const result = start(task, attempt);
		if (attempt.abortable) hear(result, attempt, phase);
		else result.then(phase.succeeded, phase.failed);
		return result;
	}

	/** Takes the one place of the probe, before its task starts: what that calls itself, and all who come while it runs, find it taken. */
	#mayProbe(): boolean {
		if (this.refusesForMs > 0) return false;
		if (this.#phase.state === 'HALF_OPEN') {
			this.#open(new PolicyError('OPERATION_TIMEOUT', `the probe of ${this.name} did not end within ${this.#probeTimeoutMs} ms`));
			return false;
		}
		this.#phase = this.#halfOpen();
		return true;
	}

	#closed(): Phase {
		const count = this.#rule(this.#clock);
		const phase: Phase = {
			state: 'CLOSED',
			untilMs: 0,
			succeeded: () => count.succeeded(),
			failed: (error) => {
				if (this.#phase === phase && this.#counts(error) && count.failed()) this.#open(error);
			},
			left() {},
		};
		return phase;
	}

	#open(error: unknown): void {
		this.#phase = this.#openFor(this.openMs);
		this.#events.emit({ type: 'opened', name: this.name, error, openMs: this.openMs });
	}

	#openFor(ms: number): Phase {
		// Nothing begins in it, so nothing ends in it.
		return { state: 'OPEN', untilMs: this.#clock.now() + ms, succeeded() {}, failed() {}, left() {} };
	}

	#halfOpen(): Phase {
		const close = (): void => {
			this.#phase = this.#closed();
			this.#phase.succeeded();
			this.#events.emit({ type: 'closed', name: this.name });
		};
		const phase: Phase = {
			state: 'HALF_OPEN',
			// A probe that never ends would keep it half open for ever.
			untilMs: this.#clock.now() + this.#probeTimeoutMs,
			succeeded: () => {
				if (this.#phase === phase) close();
			},
			failed: (error) => {
				if (this.#phase !== phase) return;
				if (this.#counts(error)) this.#open(error);
				else close();
			},
			left: () => {
				if (this.#phase === phase) this.#phase = this.#openFor(0);
			},
		};
		return phase;
	}

	#counts(error: unknown): boolean {
		if (this.#isFailure === undefined) return true;
		try {
			return this.#isFailure(error);
		} catch {
			return true;
		}
	}

	#refusal(): PolicyError {
		const why = this.state === 'OPEN' ? `too much failed; a call may probe it in ${Math.ceil(this.refusesForMs)} ms` : 'a probe is on its way';
		return new PolicyError('CIRCUIT_OPEN', `${this.name} is ${this.state}: ${why}`);
	}
}

/** One whose caller may leave: the first of its end and its abort counts. */
function hear(result: Promise<unknown>, attempt: LazyAttempt, phase: Phase): void {
	let heard = false;
	const stopListening = attempt.onAbort((reason) => {
		heard = true;
		if (isTimeout(reason)) phase.failed(reason);
		else phase.left();
	});
	result.then(
		() => {
			stopListening();
			if (!heard) phase.succeeded();
		},
		(error) => {
			stopListening();
			if (!heard) phase.failed(error);
		},
	);
}

/** Of the policy, or of AbortSignal.timeout(). */
function isTimeout(reason: unknown): boolean {
	const { code, name } = (reason ?? {}) as { code?: unknown; name?: unknown };
	return code === 'OPERATION_TIMEOUT' || name === 'TimeoutError';
}
