import { asError } from '@linkscope/core';
import { type Bulkhead, bulkhead } from '../policies/bulkhead.js';
import { abortedError } from '../policies/policy-error.js';
import { type TokenBucket, tokenBucket } from '../policies/token-bucket.js';
import { wait } from '../retry/wait.js';
import { boundedCall } from './bounded-call.js';
import { Dial } from './dial.js';
import { nodeTimeout } from './fleet-error.js';
import type { PoolEvent } from './pool-events.js';
import type { PoolNode } from './pool-node.js';
import type { PoolSettings } from './pool-options.js';

/** Dials nodes, each try within the limits of the whole pool: so many under way, so many a second. */
export class Dialler<N, C> {
	readonly #settings: PoolSettings<N, C>;
	readonly #tell: (event: PoolEvent) => void;
	readonly #onConnected: (record: PoolNode<N, C>) => void;
	readonly #slots: Bulkhead;
	readonly #tokens: TokenBucket;
	readonly #dials = new Set<Dial<C>>();
	#isDraining = false;

	constructor(settings: PoolSettings<N, C>, tell: (event: PoolEvent) => void, onConnected: (record: PoolNode<N, C>) => void) {
		this.#settings = settings;
		this.#tell = tell;
		this.#onConnected = onConnected;
		this.#slots = bulkhead({ maxConcurrent: settings.maxConcurrentDials, maxWaiting: 10_000 });
		this.#tokens = tokenBucket({ perSecond: settings.dialsPerSecond, clock: settings.clock });
	}

	/** The dial of a node that has none, is not connected, and whose breaker lets it be dialled. */
	dial(record: PoolNode<N, C>): Dial<C> {
		const dial = new Dial<C>((self) => this.#run(record, self));
		record.dial = dial;
		this.#dials.add(dial);
		return dial;
	}

	/** Begins no further try. What waits for one is given up, what runs goes on. */
	async drain(reason: Error): Promise<void> {
		this.#isDraining = true;
		const dials = [...this.#dials];
		for (const dial of dials) if (!dial.isTrying) dial.attempt.abort(reason);
		await Promise.all(dials.map((dial) => dial.ended()));
	}

	abort(reason: Error): void {
		for (const dial of this.#dials) dial.attempt.abort(reason);
	}

	async #run(record: PoolNode<N, C>, dial: Dial<C>): Promise<C> {
		// In a turn of its own: by then the record has its dial.
		await undefined;
		const { clock, disconnect } = this.#settings;
		const startMs = clock.now();
		try {
			if (record.breaker.begin()) this.#tellBreaker(record);
			const connection = await this.#tryUntilConnected(record, dial);
			if (dial.attempt.ended) {
				void disconnectQuietly(disconnect, connection, record.node);
				throw abortedError(dial.attempt.ended.reason);
			}
			this.#connected(record, connection);
			this.#tell({ type: 'connected', node: record.id, attempts: dial.tries, durationMs: clock.now() - startMs });
			return connection;
		} finally {
			record.breaker.left();
			record.dial = null;
			this.#dials.delete(dial);
		}
	}

	async #tryUntilConnected(record: PoolNode<N, C>, dial: Dial<C>): Promise<C> {
		let waitMs = 0;
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.#try(record, dial);
			} catch (thrown) {
				// Given up, or no room in the queue: the node is not to blame.
				if (dial.isGivenUp || dial.tries < attempt) throw thrown;
				const { error, retryInMs } = this.#failed(record, asError(thrown), attempt, waitMs);
				this.#tell({ type: 'attempt-failed', node: record.id, attempt, error, retryInMs });
				if (retryInMs === null) {
					this.#tell({ type: 'failed', node: record.id, attempts: attempt, error });
					throw error;
				}
				waitMs = retryInMs;
			}
			await wait(this.#settings.clock, waitMs, dial.attempt);
		}
	}

	async #try(record: PoolNode<N, C>, dial: Dial<C>): Promise<C> {
		if (dial.attempt.ended) throw abortedError(dial.attempt.ended.reason);
		const { clock, connect, connectTimeoutMs, disconnect } = this.#settings;
		const { node, id } = record;
		return this.#slots.run(async () => {
			await this.#tokens.takeWithin(dial.attempt);
			record.connectionAttempts++;
			record.lastAttemptTime = clock.epoch();
			dial.tryBegins();
			this.#tell({ type: 'attempt', node: id, attempt: dial.tries });
			try {
				return await boundedCall((signal) => connect(node, signal), {
					clock,
					timeoutMs: connectTimeoutMs,
					timedOut: () => nodeTimeout('the dial of', id, connectTimeoutMs),
					within: dial.attempt,
					tooLate: (connection) => void disconnectQuietly(disconnect, connection, node),
				});
			} finally {
				dial.isTrying = false;
			}
		}, dial.attempt);
	}

	/** Where the application's own rules throw, it is over, and that is the error. */
	#failed(record: PoolNode<N, C>, error: Error, attempt: number, previousMs: number): { error: Error; retryInMs: number | null } {
		record.failedConnections++;
		try {
			const { maxAttempts, isRetryable, backoff } = this.#settings;
			const mayRetry = attempt < maxAttempts && isRetryable(error);
			return { error, retryInMs: this.#count(record, mayRetry ? backoff.next(attempt, previousMs) : null) };
		} catch (thrown) {
			return { error: asError(thrown), retryInMs: this.#count(record, null) };
		}
	}

	/** The breaker hears of the failure. @returns when to try again, null where it is over. */
	#count(record: PoolNode<N, C>, retryInMs: number | null): number | null {
		const { breakerThreshold, breakerOpenMs, clock } = this.#settings;
		const hasOpened = record.breaker.failed(retryInMs === null, breakerThreshold, clock.now() + breakerOpenMs);
		if (hasOpened) this.#tellBreaker(record);
		return hasOpened || this.#isDraining ? null : retryInMs;
	}

	#connected(record: PoolNode<N, C>, connection: C): void {
		const epochMs = this.#settings.clock.epoch();
		record.connection = { value: connection };
		record.successfulConnections++;
		record.lastSuccessTime = epochMs;
		record.connectionStartTime = epochMs;
		this.#onConnected(record);
		if (record.breaker.succeeded()) this.#tellBreaker(record);
	}

	#tellBreaker({ id, breaker }: PoolNode<N, C>): void {
		this.#tell({ type: 'breaker', node: id, state: breaker.state });
	}
}

/** That it fails to end is no longer the pool's business. */
export async function disconnectQuietly<N, C>(disconnect: (connection: C, node: N) => unknown, connection: C, node: N): Promise<void> {
	try {
		await disconnect(connection, node);
	} catch {
		// Said above.
	}
}
