/** A file that can be read in any order. */
export interface FileSource {
	readonly name: string;
	/** A media type, or nothing. */
	readonly type: string;
	/** In bytes. */
	readonly size: number;
	/** @returns the bytes from `start` to `end`; fewer where the file has become shorter. */
	read(start: number, end: number): Promise<Uint8Array>;
	close(): Promise<void>;
}

export function blobSource(blob: Blob): FileSource {
	return {
		// A File has one.
		name: (blob as { name?: unknown }).name === undefined ? 'file' : String((blob as { name?: unknown }).name),
		type: blob.type,
		size: blob.size,
		read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
		close: async () => {},
	};
}
