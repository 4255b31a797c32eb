import { type AbortSignal, asError, Emitter, type Subscribable } from '@linkscope/core';
import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { abortedError } from '../policies/policy-error.js';
import { boundedCall } from './bounded-call.js';
import { ConnectRun } from './connect-run.js';
import { Dialler, disconnectQuietly } from './dialler.js';
import { FleetError, nodeTimeout, unknownNode } from './fleet-error.js';
import { HealthRounds } from './health-rounds.js';
import type { NodeStatistics, PoolEvent, PoolResult } from './pool-events.js';
import { PoolNode } from './pool-node.js';
import { type ConnectionPoolOptions, type PoolSettings, poolSettings } from './pool-options.js';

/** What may end a call before it is done. */
export interface CallOptions {
	readonly signal?: AbortSignal;
}

/**
 * Connections to the nodes of a fleet: dialled batch by batch within limits, tried again, spared by a breaker each, checked in turn.
 * One that fails never stops the others.
 */
export class ConnectionPool<N extends { readonly id: string }, C> {
	readonly onEvent: Subscribable<PoolEvent>;
	readonly #events = new Emitter<PoolEvent>();
	readonly #settings: PoolSettings<N, C>;
	readonly #nodes = new Map<string, PoolNode<N, C>>();
	readonly #connected = new Map<string, PoolNode<N, C>>();
	readonly #dialler: Dialler<N, C>;
	readonly #health: HealthRounds<N, C>;
	readonly #operations = new Map<AbortableAttempt, Promise<unknown>>();
	/** Ends when nothing is begun any more. */
	readonly #ending = new AbortableAttempt(1, new LazyAttempt(1));

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: ConnectionPoolOptions<N, C>) {
		this.#settings = poolSettings(options);
		this.onEvent = this.#events;
		const tell = (event: PoolEvent): void => this.#events.emit(event);
		this.#dialler = new Dialler(this.#settings, tell, (record) => {
			this.#connected.set(record.id, record);
			this.#health.update();
		});
		this.#health = new HealthRounds(this.#settings, this.#connected, (record, error) => void this.#disconnect(record, error), tell);
	}

	/** How many nodes are connected. */
	get size(): number {
		return this.#connected.size;
	}

	/** Undefined where the node is not connected. */
	connection(id: string): C | undefined {
		return this.#nodes.get(id)?.connection?.value;
	}

	/** @throws FleetError NODE_UNKNOWN where it was never dialled. */
	statistics(id: string): NodeStatistics {
		return this.#find(id).statistics;
	}

	/** Of all nodes that were ever dialled, and not forgotten. */
	*allStatistics(): IterableIterator<readonly [id: string, statistics: NodeStatistics]> {
		for (const [id, record] of this.#nodes) yield [id, record.statistics];
	}

	/**
	 * Dials all nodes. Results come in `for await`, and as events; nobody has to read them.
	 * @throws FleetError POOL_CLOSED.
	 */
	connectAll(nodes: Iterable<N>, { signal }: CallOptions = {}): ConnectRun<N, C> {
		this.#refuseWhenOver();
		const { clock, batchSize, batchPauseMs } = this.#settings;
		return new ConnectRun<N, C>({
			nodes: [...nodes],
			caller: new LazyAttempt(1, undefined, signal),
			ending: this.#ending,
			clock,
			batchSize,
			batchPauseMs,
			reach: (node, caller, begun) => this.#reach(node, caller, begun),
			onBatch: (batch, size) => this.#events.emit({ type: 'batch', batch, nodes: size }),
			onProgress: (progress) => this.#events.emit({ type: 'progress', progress }),
		});
	}

	/**
	 * The connection to one node, dialled where there is none; those who ask at the same time share one dial.
	 * @throws what the last try did; FleetError NODE_TIMEOUT, NODE_SPARED, POOL_CLOSED; PolicyError OPERATION_ABORTED.
	 */
	async connect(node: N, { signal }: CallOptions = {}): Promise<C> {
		const result = await this.#reach(node, new LazyAttempt(1, undefined, signal), () => {});
		if (result.status === 'connected') return result.connection;
		throw result.error;
	}

	/**
	 * Does something with a connection, for at most `operationTimeoutMs`. That it fails does not harm the connection.
	 * @throws what the operation does; FleetError NODE_UNKNOWN, NODE_NOT_CONNECTED, NODE_TIMEOUT, POOL_CLOSED; PolicyError OPERATION_ABORTED.
	 */
	async operate<T>(id: string, operation: (connection: C, signal: AbortSignal) => Promise<T> | T, { signal }: CallOptions = {}): Promise<T> {
		this.#refuseWhenOver();
		const { connection } = this.#find(id);
		if (!connection) throw new FleetError('NODE_NOT_CONNECTED', `node ${JSON.stringify(id)} is not connected: connect it first`);
		const { clock, operationTimeoutMs } = this.#settings;
		const caller = new LazyAttempt(1, undefined, signal);
		if (caller.ended) throw abortedError(caller.ended.reason);
		const attempt = new AbortableAttempt(1, caller);
		const running = boundedCall((until) => operation(connection.value, until), {
			clock,
			timeoutMs: operationTimeoutMs,
			timedOut: () => nodeTimeout('an operation of', id, operationTimeoutMs),
			within: attempt,
		});
		this.#operations.set(attempt, running);
		try {
			return await running;
		} finally {
			this.#operations.delete(attempt);
			attempt.leave();
		}
	}

	/** Ends the connection of a node; its statistics and its breaker stay. Resolves when it is disconnected. */
	async remove(id: string): Promise<void> {
		const record = this.#nodes.get(id);
		if (record) await this.#disconnect(record, null);
	}

	/** Ends the connection or dial of a node and keeps nothing of it. */
	async forget(id: string): Promise<void> {
		const record = this.#nodes.get(id);
		if (!record) return;
		this.#nodes.delete(id);
		record.dial?.attempt.abort(new Error('the node was forgotten'));
		await this.#disconnect(record, null);
	}

	/** Begins nothing more, and resolves when what runs has ended. Connections stay until `close()`. */
	async drain(): Promise<void> {
		const over = this.#end();
		await Promise.all([this.#dialler.drain(over), Promise.allSettled(this.#operations.values())]);
	}

	/** Gives up all that runs, and ends all connections. Leaves no timer. */
	async close(): Promise<void> {
		const over = this.#end();
		for (const operation of this.#operations.keys()) operation.abort(over);
		this.#dialler.abort(over);
		this.#health.stop();
		await Promise.all([...this.#connected.values()].map((record) => this.#disconnect(record, null)));
	}

	#end(): FleetError {
		const over = new FleetError('POOL_CLOSED', 'this pool begins nothing more: it was drained or closed');
		this.#ending.abort(over);
		return over;
	}

	#refuseWhenOver(): void {
		if (this.#ending.ended) throw this.#ending.ended.reason;
	}

	/** Never rejects. */
	async #reach(node: N, caller: LazyAttempt, begun: () => void): Promise<PoolResult<N, C>> {
		const { clock } = this.#settings;
		const startMs = clock.now();
		let attempts = 0;
		const failed = (status: 'failed' | 'skipped' | 'aborted', error: unknown): PoolResult<N, C> => {
			begun();
			return { status, node, error: asError(error), attempts, durationMs: clock.now() - startMs };
		};
		if (typeof node?.id !== 'string') return failed('failed', new TypeError('a node must have an id that is a string'));
		const record = this.#record(node);
		// Those who wanted it have left, and it is on its way out.
		while (record.dial?.isGivenUp) await record.dial.ended();
		if (this.#ending.ended) return failed('aborted', this.#ending.ended.reason);
		if (caller.ended) return failed('aborted', abortedError(caller.ended.reason));
		if (record.connection) {
			begun();
			return { status: 'connected', node, connection: record.connection.value, attempts, durationMs: 0 };
		}
		const spared = record.dial ? null : this.#spared(record);
		if (spared) return failed('skipped', spared);
		const dial = record.dial ?? this.#dialler.dial(record);
		void dial.begun.then(begun);
		try {
			const connection = await dial.join(caller);
			return { status: 'connected', node, connection, attempts: dial.tries, durationMs: clock.now() - startMs };
		} catch (error) {
			attempts = dial.tries;
			return failed(caller.ended || dial.isGivenUp ? 'aborted' : 'failed', error);
		}
	}

	#spared({ id, breaker }: PoolNode<N, C>): FleetError | null {
		const retryInMs = breaker.refusesForMs(this.#settings.clock.now());
		if (retryInMs === 0) return null;
		this.#events.emit({ type: 'skipped', node: id, retryInMs });
		return new FleetError('NODE_SPARED', `node ${JSON.stringify(id)} failed too often: it may be dialled in ${Math.ceil(retryInMs)} ms`);
	}

	async #disconnect(record: PoolNode<N, C>, error: Error | null): Promise<void> {
		const { connection } = record;
		if (!connection) return;
		record.connection = null;
		record.connectionStartTime = null;
		this.#connected.delete(record.id);
		this.#health.update();
		this.#events.emit({ type: 'removed', node: record.id, error });
		await disconnectQuietly(this.#settings.disconnect, connection.value, record.node);
	}

	#record(node: N): PoolNode<N, C> {
		const record = this.#nodes.get(node.id) ?? new PoolNode<N, C>(node.id, node);
		record.node = node;
		this.#nodes.set(node.id, record);
		return record;
	}

	#find(id: string): PoolNode<N, C> {
		const record = this.#nodes.get(id);
		if (!record) throw unknownNode(id);
		return record;
	}
}
