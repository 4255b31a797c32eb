import { type AbortSignal, asError } from '@linkscope/core';
import { type ObjectSource, objectId, SyncError } from '@linkscope/plugins';
import { FileError, type FileProgress } from './file-error.js';
import { chunkBytesFor, encodeChunkList, encodeManifest } from './file-manifest.js';
import type { FileSource } from './file-source.js';

export interface OfferedFileOptions {
	signal?: AbortSignal;
	onProgress?: (progress: FileProgress) => void;
}

/** A file as the objects it is made of: chunks are read when they are asked for. */
export class OfferedFile implements ObjectSource {
	/** Name of the manifest. */
	readonly id: string;
	readonly totalBytes: number;
	/** Why a part of it could not be sent; null while all is well. */
	failure: Error | null = null;
	readonly #source: FileSource;
	readonly #chunkBytes: number;
	readonly #held: ReadonlyMap<string, Uint8Array>;
	/** Each chunk's first place. */
	readonly #places: ReadonlyMap<string, number>;
	readonly #onProgress: ((progress: FileProgress) => void) | undefined;
	/** Places of chunks that were read for the peer. */
	readonly #sent = new Set<number>();
	#sentBytes = 0;

	/** Reads the file once, to name what is in it. @throws FileError FILE_CHANGED, FILE_UNREADABLE; SyncError SYNC_ABORTED. */
	static async of(source: FileSource, { signal, onProgress }: OfferedFileOptions): Promise<OfferedFile> {
		const { name, type, size } = source;
		const chunkBytes = chunkBytesFor(size);
		const ids: string[] = [];
		for (let start = 0; start < size; start += chunkBytes) {
			if (signal?.aborted) throw new SyncError('SYNC_ABORTED', 'sendFile() was aborted by its signal', { cause: signal.reason });
			ids.push(objectId(await readPart(source, start, Math.min(start + chunkBytes, size))));
		}
		const list = encodeChunkList(ids);
		const manifest = encodeManifest({ name, type, size, chunkBytes, chunks: objectId(list) });
		return new OfferedFile(source, chunkBytes, ids, [manifest, list], onProgress);
	}

	private constructor(
		source: FileSource,
		chunkBytes: number,
		ids: readonly string[],
		held: readonly [manifest: Uint8Array, list: Uint8Array],
		onProgress: OfferedFileOptions['onProgress'],
	) {
		this.#source = source;
		this.totalBytes = source.size;
		this.#chunkBytes = chunkBytes;
		this.id = objectId(held[0]);
		this.#held = new Map(held.map((bytes) => [objectId(bytes), bytes]));
		const places = new Map<string, number>();
		for (const [i, id] of ids.entries()) if (!places.has(id)) places.set(id, i);
		this.#places = places;
		this.#onProgress = onProgress;
	}

	async size(id: string): Promise<number | null> {
		const held = this.#held.get(id);
		if (held) return held.length;
		const index = this.#places.get(id);
		return index === undefined ? null : this.#endOf(index) - index * this.#chunkBytes;
	}

	async get(id: string): Promise<Uint8Array | null> {
		const held = this.#held.get(id);
		if (held) return held;
		const index = this.#places.get(id);
		if (index === undefined) return null;
		try {
			const chunk = await readPart(this.#source, index * this.#chunkBytes, this.#endOf(index));
			if (objectId(chunk) !== id) throw changed(this.#source);
			this.#count(index, chunk.length);
			return chunk;
		} catch (error) {
			this.failure ??= asError(error);
			throw error;
		}
	}

	/** The peer has it all. */
	done(): void {
		if (this.#sentBytes < this.totalBytes || this.totalBytes === 0) this.#tell(this.totalBytes);
	}

	#endOf(index: number): number {
		return Math.min((index + 1) * this.#chunkBytes, this.totalBytes);
	}

	/** The peer asks for what it has not, beginning in front: what is before that it has had already. */
	#count(index: number, bytes: number): void {
		if (this.#sent.has(index)) return;
		const before = this.#sent.size === 0 ? index * this.#chunkBytes : this.#sentBytes;
		this.#sent.add(index);
		this.#tell(Math.min(before + bytes, this.totalBytes));
	}

	#tell(bytes: number): void {
		this.#sentBytes = bytes;
		this.#onProgress?.({ bytes, totalBytes: this.totalBytes });
	}
}

/** @throws FileError FILE_UNREADABLE, FILE_CHANGED. */
async function readPart(source: FileSource, start: number, end: number): Promise<Uint8Array> {
	const bytes = await source.read(start, end).catch((cause) => {
		throw new FileError('FILE_UNREADABLE', `could not read ${source.name}: ${asError(cause).message}; was it changed or removed?`, { cause });
	});
	if (bytes.length < end - start) throw changed(source);
	return bytes;
}

function changed(source: FileSource): FileError {
	return new FileError('FILE_CHANGED', `${source.name} was changed while it was sent: send it again`);
}
