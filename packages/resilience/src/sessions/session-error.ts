import { LinkscopeError } from '@linkscope/core';

/** A session that is unknown, has ended or may not change so; a store that cannot be used. */
export class SessionError extends LinkscopeError {
	static {
		SessionError.prototype.name = 'SessionError';
	}
}
