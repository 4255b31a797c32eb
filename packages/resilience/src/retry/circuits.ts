import { type Clock, Emitter, integerOption, numberOption } from '@linkscope/core';
import { consecutiveFailures } from '../policies/breaker-rules.js';
import { CircuitBreaker, type CircuitEvent, type CircuitState } from '../policies/circuit-breaker.js';

interface Circuit {
	readonly threshold: number;
	readonly breaker: CircuitBreaker;
}

/** Circuit breakers by id, so many of them. */
export class Circuits {
	readonly onEvent = new Emitter<CircuitEvent>();
	readonly #circuits = new Map<string, Circuit>();
	readonly #max: number;
	readonly #clock: Clock;

	constructor(max: number, clock: Clock) {
		this.#max = max;
		this.#clock = clock;
	}

	find(id: string): CircuitBreaker | undefined {
		return this.#circuits.get(id)?.breaker;
	}

	/**
	 * The circuit of that id. Figures that differ from its own make a new one, closed; those left out are its own.
	 * @throws RangeError naming the figure.
	 */
	open(id: string, threshold?: number, openMs?: number): CircuitBreaker {
		const known = this.#circuits.get(id);
		const figures = {
			threshold: integerOption('threshold', threshold, known?.threshold ?? 5, 1),
			openMs: numberOption('timeout', openMs, known?.breaker.openMs ?? 60_000, 1),
		};
		if (known?.threshold === figures.threshold && known.breaker.openMs === figures.openMs) return known.breaker;
		const breaker = new CircuitBreaker({ name: id, rule: consecutiveFailures(figures.threshold), openMs: figures.openMs, clock: this.#clock });
		breaker.onEvent.on((event) => this.onEvent.emit(event));
		if (known === undefined && this.#circuits.size >= this.#max) this.#forgetOne();
		this.#circuits.set(id, { threshold: figures.threshold, breaker });
		return breaker;
	}

	count(state: CircuitState): number {
		let count = 0;
		for (const { breaker } of this.#circuits.values()) if (breaker.state === state) count++;
		return count;
	}

	/** The oldest that is closed, as it knows least; else the oldest. */
	#forgetOne(): void {
		let oldest: string | undefined;
		for (const [id, { breaker }] of this.#circuits) {
			oldest ??= id;
			if (breaker.state !== 'CLOSED') continue;
			oldest = id;
			break;
		}
		if (oldest !== undefined) this.#circuits.delete(oldest);
	}
}
