import { asError, type Unsubscribe } from '@linkscope/core';
import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { boundedCall } from './bounded-call.js';
import { nodeTimeout } from './fleet-error.js';
import type { PoolEvent } from './pool-events.js';
import type { PoolNode } from './pool-node.js';
import type { PoolSettings } from './pool-options.js';

/** Checks some of the connected nodes at a time, the next ones at the next time, so that each has its turn. Rests while there are none. */
export class HealthRounds<N, C> {
	readonly #settings: PoolSettings<N, C>;
	/** In the order of their turns. */
	readonly #connected: Map<string, PoolNode<N, C>>;
	readonly #remove: (record: PoolNode<N, C>, error: Error) => void;
	readonly #tell: (event: PoolEvent) => void;
	/** Ends when the pool closes. */
	readonly #attempt = new AbortableAttempt(1, new LazyAttempt(1));
	#cancelTimer: Unsubscribe | null = null;
	#isChecking = false;

	constructor(
		settings: PoolSettings<N, C>,
		connected: Map<string, PoolNode<N, C>>,
		remove: (record: PoolNode<N, C>, error: Error) => void,
		tell: (event: PoolEvent) => void,
	) {
		this.#settings = settings;
		this.#connected = connected;
		this.#remove = remove;
		this.#tell = tell;
	}

	/** Something is connected, or nothing any more. */
	update(): void {
		if (this.#isChecking) return;
		const isNeeded = this.#settings.check !== undefined && this.#connected.size > 0 && !this.#attempt.ended;
		if (isNeeded) this.#cancelTimer ??= this.#wait(this.#settings.healthCheckEveryMs);
		else {
			this.#cancelTimer?.();
			this.#cancelTimer = null;
		}
	}

	stop(): void {
		this.#attempt.abort(new Error('the pool was closed'));
		this.update();
	}

	#wait(ms: number): Unsubscribe {
		return this.#settings.clock.after(ms, () => void this.#round());
	}

	async #round(): Promise<void> {
		this.#cancelTimer = null;
		this.#isChecking = true;
		const { clock, healthCheckEveryMs } = this.#settings;
		const startMs = clock.now();
		const records = this.#takeTurns();
		const healthy = await Promise.all(records.map((record) => this.#isHealthy(record)));
		if (this.#attempt.ended) return;
		this.#isChecking = false;
		this.#tell({ type: 'health', checked: records.length, failed: healthy.filter((each) => !each).length });
		if (this.#connected.size > 0) this.#cancelTimer = this.#wait(Math.max(0, startMs + healthCheckEveryMs - clock.now()));
	}

	/** Those whose turn it is, and they go to the end. */
	#takeTurns(): PoolNode<N, C>[] {
		const records: PoolNode<N, C>[] = [];
		for (const record of this.#connected.values()) {
			if (records.push(record) === this.#settings.healthCheckNodes) break;
		}
		for (const record of records) {
			this.#connected.delete(record.id);
			this.#connected.set(record.id, record);
		}
		return records;
	}

	async #isHealthy(record: PoolNode<N, C>): Promise<boolean> {
		const { check, clock, operationTimeoutMs } = this.#settings;
		const { connection, node, id } = record;
		if (!check || !connection) return true;
		try {
			const answer = await boundedCall((signal) => check(connection.value, node, signal), {
				clock,
				timeoutMs: operationTimeoutMs,
				timedOut: () => nodeTimeout('the health check of', id, operationTimeoutMs),
				within: this.#attempt,
			});
			if (answer !== false) return true;
			throw new Error(`the health check of ${JSON.stringify(id)} said no`);
		} catch (error) {
			// Not one that came meanwhile.
			if (!this.#attempt.ended && record.connection === connection) this.#remove(record, asError(error));
			return false;
		}
	}
}
