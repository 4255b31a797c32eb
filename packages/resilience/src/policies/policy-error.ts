import { LinkscopeError } from '@linkscope/core';

/** What a policy did not let happen: refused before it began, or given up. */
export class PolicyError extends LinkscopeError {
	static {
		PolicyError.prototype.name = 'PolicyError';
	}
}

/** The caller has left. */
export function abortedError(reason: unknown): PolicyError {
	return new PolicyError('OPERATION_ABORTED', 'the operation was aborted by its caller', { cause: reason });
}
