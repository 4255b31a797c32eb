import { LinkscopeError } from '@linkscope/core';

/** A synchronisation that did not end well. The connection is as it was, unless it was the connection that ended. */
export class SyncError extends LinkscopeError {
	static {
		SyncError.prototype.name = 'SyncError';
	}

	/** What was stored before: where the next `sync({ since })` goes on. */
	readonly cursor: string | null;

	constructor(code: string, message: string, options: { cause?: unknown; cursor?: string | null } = {}) {
		super(code, message, options);
		this.cursor = options.cursor ?? null;
	}
}
