import type { CircuitState } from '../policies/circuit-breaker.js';

/**
 * The circuit of one node, which is dialled by one at a time: opens at so many failed tries in a row, or when the tries of a dial are used
 * up. When its time is over, the next dial is the one probe and has one try. (`circuitBreaker()` is for calls of any number at once; a
 * pool keeps one of these for each of its nodes, and so it is two numbers.)
 */
export class NodeBreaker {
	/** Tries that failed in a row. */
	failures = 0;
	#openUntilMs: number | null = null;
	#probing = false;

	get state(): CircuitState {
		if (this.#probing) return 'HALF_OPEN';
		return this.#openUntilMs === null ? 'CLOSED' : 'OPEN';
	}

	/** 0 where it may be dialled. */
	refusesForMs(nowMs: number): number {
		return this.#openUntilMs === null ? 0 : Math.max(0, this.#openUntilMs - nowMs);
	}

	/** A dial begins, which it does not refuse. @returns whether it is the probe. */
	begin(): boolean {
		this.#probing = this.#openUntilMs !== null;
		return this.#probing;
	}

	/** @returns whether this closed it. */
	succeeded(): boolean {
		const wasOpen = this.#openUntilMs !== null;
		this.failures = 0;
		this.#probing = false;
		this.#openUntilMs = null;
		return wasOpen;
	}

	/** @returns whether this opened it. */
	failed(isLastTry: boolean, threshold: number, untilMs: number): boolean {
		this.failures++;
		if (!isLastTry && !this.#probing && this.failures < threshold) return false;
		this.#probing = false;
		this.#openUntilMs = untilMs;
		return true;
	}

	/** The dial was given up before its end: nothing is known. */
	left(): void {
		this.#probing = false;
	}
}
