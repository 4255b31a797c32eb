import { type Clock, type Timer, TimerHeap, type Unsubscribe } from '@linkscope/core';

/** Any number of waits over one timer of the clock: one each would take more memory than all else of a retry. */
export class Waits {
	readonly #clock: Clock;
	readonly #heap = new TimerHeap();
	#armedForMs = Number.POSITIVE_INFINITY;
	#disarm: Unsubscribe | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	add(timer: Timer): void {
		this.#heap.add(timer);
		this.#arm();
	}

	/** Does nothing where it is not among them. */
	remove(timer: Timer): void {
		this.#heap.remove(timer);
		this.#arm();
	}

	#arm(): void {
		const dueMs = this.#heap.first?.at ?? Number.POSITIVE_INFINITY;
		if (dueMs === this.#armedForMs) return;
		this.#disarm?.();
		this.#armedForMs = dueMs;
		// Somebody awaits it.
		this.#disarm = dueMs === Number.POSITIVE_INFINITY ? undefined : this.#clock.after(dueMs - this.#clock.now(), () => this.#run(), { keepAlive: true });
	}

	#run(): void {
		const nowMs = this.#clock.now();
		// A timer of the platform may come a little early; one of more than 24 days comes much too early.
		const untilMs = Math.max(nowMs, Math.min(this.#armedForMs, nowMs + 1));
		this.#armedForMs = Number.NaN;
		for (let first = this.#heap.first; first !== undefined && first.at <= untilMs; first = this.#heap.first) {
			this.#heap.remove(first);
			first.fn();
		}
		this.#arm();
	}
}
