import type { CircuitState } from '../policies/circuit-breaker.js';

export interface PoolProgress {
	readonly total: number;
	readonly connected: number;
	readonly failed: number;
	/** Spared, because their breaker is open. */
	readonly skipped: number;
	/** Given up: the caller left, or the pool dials nothing more. */
	readonly aborted: number;
	/** Not yet one of these. */
	readonly pending: number;
}

/** What became of one node. */
export type PoolResult<N, C> = {
	readonly node: N;
	/** Tries; 0 where it was connected already or not dialled. */
	readonly attempts: number;
	readonly durationMs: number;
} & ({ readonly status: 'connected'; readonly connection: C } | { readonly status: 'failed' | 'skipped' | 'aborted'; readonly error: Error });

/** Statistics of one node, as seeds/000 names them. Times are milliseconds since 1970, null before the first. */
export interface NodeStatistics {
	readonly connectionAttempts: number;
	readonly successfulConnections: number;
	readonly failedConnections: number;
	readonly consecutiveFailures: number;
	readonly lastAttemptTime: number | null;
	readonly lastSuccessTime: number | null;
	/** Since when it is connected; null while it is not. */
	readonly connectionStartTime: number | null;
	readonly state: 'connected' | 'connecting' | 'disconnected';
	readonly breaker: CircuitState;
}

export type PoolEvent =
	/** A batch of `connectAll()` begins; counted from 1. */
	| { readonly type: 'batch'; readonly batch: number; readonly nodes: number }
	| { readonly type: 'attempt'; readonly node: string; readonly attempt: number }
	/** @property retryInMs null where there is no further try. */
	| { readonly type: 'attempt-failed'; readonly node: string; readonly attempt: number; readonly error: Error; readonly retryInMs: number | null }
	| { readonly type: 'connected'; readonly node: string; readonly attempts: number; readonly durationMs: number }
	| { readonly type: 'failed'; readonly node: string; readonly attempts: number; readonly error: Error }
	| { readonly type: 'skipped'; readonly node: string; readonly retryInMs: number }
	| { readonly type: 'breaker'; readonly node: string; readonly state: CircuitState }
	/** No longer connected. @property error of the failed health check; null where the application removed it or closed the pool. */
	| { readonly type: 'removed'; readonly node: string; readonly error: Error | null }
	| { readonly type: 'health'; readonly checked: number; readonly failed: number }
	/** After each result of `connectAll()`. */
	| { readonly type: 'progress'; readonly progress: PoolProgress };
