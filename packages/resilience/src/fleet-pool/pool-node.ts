import type { Dial } from './dial.js';
import { NodeBreaker } from './node-breaker.js';
import type { NodeStatistics } from './pool-events.js';

/** What a pool keeps of a node. */
export class PoolNode<N, C> {
	readonly id: string;
	/** As it was last given. */
	node: N;
	readonly breaker = new NodeBreaker();
	dial: Dial<C> | null = null;
	/** In an object, because a connection may be any value. */
	connection: { readonly value: C } | null = null;
	connectionAttempts = 0;
	successfulConnections = 0;
	failedConnections = 0;
	lastAttemptTime: number | null = null;
	lastSuccessTime: number | null = null;
	connectionStartTime: number | null = null;

	constructor(id: string, node: N) {
		this.id = id;
		this.node = node;
	}

	get statistics(): NodeStatistics {
		const { connectionAttempts, successfulConnections, failedConnections, lastAttemptTime, lastSuccessTime, connectionStartTime, breaker } = this;
		return {
			connectionAttempts,
			successfulConnections,
			failedConnections,
			consecutiveFailures: breaker.failures,
			lastAttemptTime,
			lastSuccessTime,
			connectionStartTime,
			state: this.#state,
			breaker: breaker.state,
		};
	}

	get #state(): NodeStatistics['state'] {
		if (this.connection) return 'connected';
		return this.dial ? 'connecting' : 'disconnected';
	}
}
