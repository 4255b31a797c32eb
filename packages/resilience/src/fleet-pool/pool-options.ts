import { type AbortSignal, type Backoff, type Clock, integerOption, numberOption, systemClock } from '@linkscope/core';
import { exponential } from '../retry/backoffs.js';
import { isRetryable } from '../retry/is-retryable.js';

export interface ConnectionPoolOptions<N, C> {
	/** A connection to a node. What it resolves with after its signal has aborted is disconnected. */
	readonly connect: (node: N, signal: AbortSignal) => Promise<C> | C;
	/** Ends a connection that the pool does not keep. */
	readonly disconnect?: (connection: C, node: N) => unknown;
	/** The health check: false, or an error thrown, and the node is removed. Default: none. */
	readonly check?: (connection: C, node: N, signal: AbortSignal) => unknown;
	/** Default 100. */
	readonly maxConcurrentDials?: number;
	/** Default 20, evenly spaced: in no second are there more. */
	readonly dialsPerSecond?: number;
	/** Default 25. */
	readonly batchSize?: number;
	/** Batches begin at least so far apart. Default 500. */
	readonly batchPauseMs?: number;
	/** Default 10,000. */
	readonly connectTimeoutMs?: number;
	/** Of an operation, and of a health check. Default 8,000. */
	readonly operationTimeoutMs?: number;
	/** Tries of one dial. Default 2. */
	readonly maxAttempts?: number;
	/** Waits between them. Default 2 s, doubling. */
	readonly backoff?: Backoff;
	/** Which errors are worth another try. Default `isRetryable`. */
	readonly isRetryable?: (error: unknown) => boolean;
	/** Failed tries in a row that open a node's breaker, which also opens when a dial's tries are used up. Default 3. */
	readonly breakerThreshold?: number;
	/** How long a node is spared then. Default 180,000. */
	readonly breakerOpenMs?: number;
	/** Default 120,000. */
	readonly healthCheckEveryMs?: number;
	/** Nodes checked each time: the next ones, until it is the turn of the first again. Default 10. */
	readonly healthCheckNodes?: number;
	readonly clock?: Clock;
}

export type PoolSettings<N, C> = Required<Omit<ConnectionPoolOptions<N, C>, 'check'>> & Pick<ConnectionPoolOptions<N, C>, 'check'>;

/** @throws RangeError, TypeError naming the option. */
export function poolSettings<N, C>(options: ConnectionPoolOptions<N, C>): PoolSettings<N, C> {
	const { connect, disconnect = () => {}, check, backoff = exponential({ baseDelayMs: 2_000 }) } = options;
	for (const [name, option] of Object.entries({ connect, disconnect, check: check ?? connect, isRetryable: options.isRetryable ?? isRetryable })) {
		if (typeof option !== 'function') throw new TypeError(`${name} must be a function, got ${typeof option}`);
	}
	if (typeof backoff?.next !== 'function') throw new TypeError('backoff must have next(attempt, previousMs)');
	return {
		connect,
		disconnect,
		...(check && { check }),
		backoff,
		isRetryable: options.isRetryable ?? isRetryable,
		maxConcurrentDials: integerOption('maxConcurrentDials', options.maxConcurrentDials, 100, 1),
		dialsPerSecond: numberOption('dialsPerSecond', options.dialsPerSecond, 20, 0.001, 1_000_000),
		batchSize: integerOption('batchSize', options.batchSize, 25, 1),
		batchPauseMs: numberOption('batchPauseMs', options.batchPauseMs, 500),
		connectTimeoutMs: numberOption('connectTimeoutMs', options.connectTimeoutMs, 10_000, 1),
		operationTimeoutMs: numberOption('operationTimeoutMs', options.operationTimeoutMs, 8_000, 1),
		maxAttempts: integerOption('maxAttempts', options.maxAttempts, 2, 1),
		breakerThreshold: integerOption('breakerThreshold', options.breakerThreshold, 3, 1),
		breakerOpenMs: numberOption('breakerOpenMs', options.breakerOpenMs, 180_000, 1),
		healthCheckEveryMs: numberOption('healthCheckEveryMs', options.healthCheckEveryMs, 120_000, 1),
		healthCheckNodes: integerOption('healthCheckNodes', options.healthCheckNodes, 10, 1),
		clock: options.clock ?? systemClock,
	};
}
