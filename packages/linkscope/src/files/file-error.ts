import { LinkscopeError } from '@linkscope/core';

/** A file that could not be sent or received. The connection goes on. */
export class FileError extends LinkscopeError {
	static {
		FileError.prototype.name = 'FileError';
	}
}

export interface FileProgress {
	/** Of the file, those that were there before among them. */
	readonly bytes: number;
	readonly totalBytes: number;
}
