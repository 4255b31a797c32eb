import { LinkscopeError } from '@linkscope/core';

/** A node of a fleet: unknown, not connected, too slow, or spared by its breaker. */
export class FleetError extends LinkscopeError {
	static {
		FleetError.prototype.name = 'FleetError';
	}
}

export function unknownNode(id: string): FleetError {
	return new FleetError('NODE_UNKNOWN', `there is no node ${JSON.stringify(id)} here: add or connect it first`);
}

/** @param what 'the check of', followed by the node. */
export function nodeTimeout(what: string, id: string, timeoutMs: number): FleetError {
	return new FleetError('NODE_TIMEOUT', `${what} ${JSON.stringify(id)} did not end within ${timeoutMs} ms`);
}
