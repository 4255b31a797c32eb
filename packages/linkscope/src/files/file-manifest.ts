import { decodeBase64url, encodeBase64url, integerField, MAX_CONTROL_BYTES, parseControlJson, textField } from '@linkscope/crypto';
import { isObjectId, MAX_OBJECT_BYTES } from '@linkscope/plugins';
import { FileError } from './file-error.js';

/** docs/protocol.md#files. */
export const FILE_PURPOSE = 'file';

const ID_BYTES = 32;
// Half a character, as some file systems have them: no reader takes it.
const LONE_SURROGATE = /\p{Surrogate}/gu;
const MIN_CHUNK_BYTES = 1024;
const CHUNK_BYTES = 256 * 1024;
/** As many names as fit into the one object that holds them: files of up to 128 GiB have chunks of 256 KiB, larger ones larger chunks. */
const MAX_CHUNKS = MAX_OBJECT_BYTES / ID_BYTES;

/** What a file is and which objects it is made of. */
export interface FileManifest {
	/** As its sender calls it. */
	readonly name: string;
	/** A media type, or nothing. */
	readonly type: string;
	/** In bytes. */
	readonly size: number;
	readonly chunkBytes: number;
	/** The object that lists the chunks: the name of the content, whatever the file is called. */
	readonly chunks: string;
}

export function chunkBytesFor(size: number): number {
	let bytes = CHUNK_BYTES;
	while (size > bytes * MAX_CHUNKS) bytes *= 2;
	if (bytes > MAX_OBJECT_BYTES) throw new RangeError(`a file has at most ${MAX_CHUNKS * MAX_OBJECT_BYTES} bytes, got ${size}`);
	return bytes;
}

export function encodeManifest({ name, type, size, chunkBytes, chunks }: FileManifest): Uint8Array {
	const bytes = new TextEncoder().encode(
		JSON.stringify({ type: 'file', name: name.replace(LONE_SURROGATE, '\uFFFD'), media_type: type, size, chunk_bytes: chunkBytes, chunks }),
	);
	if (bytes.length > MAX_CONTROL_BYTES) throw new RangeError(`name and type of a file have at most ${MAX_CONTROL_BYTES} bytes together`);
	return bytes;
}

/** @throws FileError FILE_MALFORMED. */
export function readManifest(bytes: Uint8Array): FileManifest {
	try {
		const object = parseControlJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
		if (object.type !== 'file') throw new Error('it is of another type');
		const manifest = {
			name: textField(object, 'name'),
			type: textField(object, 'media_type'),
			size: integerField(object, 'size'),
			chunkBytes: integerField(object, 'chunk_bytes', MIN_CHUNK_BYTES, MAX_OBJECT_BYTES),
			chunks: textField(object, 'chunks'),
		};
		if (!isObjectId(manifest.chunks)) throw new Error('it names no chunks');
		if (manifest.size > manifest.chunkBytes * MAX_CHUNKS) throw new Error('it has too many chunks');
		return manifest;
	} catch (cause) {
		throw new FileError('FILE_MALFORMED', `the peer's description of its file is none: ${(cause as Error).message}`, { cause });
	}
}

export function encodeChunkList(ids: readonly string[]): Uint8Array {
	const list = new Uint8Array(ids.length * ID_BYTES);
	for (const [i, id] of ids.entries()) list.set(decodeBase64url(id, ID_BYTES), i * ID_BYTES);
	return list;
}

/** The chunks of a file: which there are, and where each belongs. */
export class ChunkPlan {
	readonly manifest: FileManifest;
	/** In the order of the file. */
	readonly ids: readonly string[];
	readonly #places = new Map<string, number[]>();

	/** @throws FileError FILE_MALFORMED. */
	constructor(manifest: FileManifest, list: Uint8Array) {
		this.manifest = manifest;
		const count = Math.ceil(manifest.size / manifest.chunkBytes);
		if (list.length !== count * ID_BYTES) throw new FileError('FILE_MALFORMED', `the peer lists ${list.length / ID_BYTES} chunks for a file that has ${count}`);
		this.ids = Array.from({ length: count }, (_, i) => encodeBase64url(list.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)));
		for (const [i, id] of this.ids.entries()) {
			const places = this.#places.get(id);
			if (places) places.push(i);
			else this.#places.set(id, [i]);
		}
	}

	/** Each once. */
	get names(): Iterable<string> {
		return this.#places.keys();
	}

	/** Where a chunk belongs: equal parts of a file are one object. */
	placesOf(id: string): readonly number[] {
		return this.#places.get(id) ?? [];
	}

	lengthAt(index: number): number {
		return Math.min(this.manifest.chunkBytes, this.manifest.size - index * this.manifest.chunkBytes);
	}

	/** @throws FileError FILE_MALFORMED where bytes of this name have another length than the file has there. */
	checkLength(id: string, length: number): void {
		for (const index of this.placesOf(id)) {
			if (this.lengthAt(index) !== length)
				throw new FileError('FILE_MALFORMED', `chunk ${index} of the peer's file has ${length} bytes, it should have ${this.lengthAt(index)}`);
		}
	}
}
