import { LinkscopeError } from '@linkscope/core';

/** An endpoint that cannot be used: unavailable, too slow, stopped. */
export class EndpointError extends LinkscopeError {
	static {
		EndpointError.prototype.name = 'EndpointError';
	}
}
