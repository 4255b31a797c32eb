import { LinkscopeError } from '@linkscope/core';

/** The relay itself: a port, a certificate, a Redis that it cannot have. Its message is one line that says what to do. */
export class RelayError extends LinkscopeError {
	static {
		RelayError.prototype.name = 'RelayError';
	}
}
