import { type Clock, Emitter, integerOption } from '@linkscope/core';
import { consecutiveFailures } from '../policies/breaker-rules.js';
import { CircuitBreaker, type CircuitEvent, type CircuitState } from '../policies/circuit-breaker.js';

interface Circuit {
	readonly threshold: number;
	readonly breaker: CircuitBreaker;
}

/** Circuit breakers by id, the last so many used of them. */
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
		if (known && (threshold ?? known.threshold) === known.threshold && (openMs ?? known.breaker.openMs) === known.breaker.openMs) return known.breaker;
		const breaker = new CircuitBreaker({
			name: id,
			rule: consecutiveFailures(integerOption('threshold', threshold, 5, 1)),
			openMs,
			clock: this.#clock,
		});
		breaker.onEvent.on((event) => this.onEvent.emit(event));
		if (known === undefined && this.#circuits.size >= this.#max) this.#forgetOne();
		this.#circuits.set(id, { threshold: threshold ?? 5, breaker });
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
