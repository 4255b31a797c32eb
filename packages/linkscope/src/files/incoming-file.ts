import { codeOf } from '@linkscope/core';
import type { ObjectSink, ObjectStore, SyncPlugin } from '@linkscope/plugins';
import { type ArrivingFile, blobFile, type PlacedFile, storedFile } from './arriving-file.js';
import { FileError, type FileProgress } from './file-error.js';
import { ChunkPlan, type FileManifest } from './file-manifest.js';
import { safeFileName } from './safe-file-name.js';

export interface AcceptFileOptions {
	/** Keeps what came in an object store, so that another connection goes on from there. Without a store, and without a place on disk, a broken connection begins anew. */
	store?: ObjectStore;
	signal?: AbortSignal;
	/** What it throws ends the receiving. */
	onProgress?: (progress: FileProgress) => void;
}

export interface ReceivedFile extends PlacedFile {
	readonly name: string;
	readonly type: string;
	/** In bytes. */
	readonly size: number;
}

/** Opens the place for a file; undefined where the options name none and it becomes a blob. */
export type OpenPlace<O> = (plan: ChunkPlan, name: string, options: O) => Promise<ArrivingFile> | undefined;

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/i;

/** A file that the peer offers. */
export class IncomingFile<O extends AcceptFileOptions = AcceptFileOptions> {
	/** Made safe for any file system: no path, nothing hidden, no device. */
	readonly name: string;
	/** What the peer calls it: a media type, or nothing. */
	readonly type: string;
	/** In bytes. */
	readonly size: number;
	/** Names the content: the same for the same content, whatever it is called. */
	readonly id: string;
	/** Aborts when the peer takes the offer back, or the connection ends. */
	readonly signal: AbortSignal;
	readonly #manifest: FileManifest;
	readonly #sync: SyncPlugin;
	readonly #openPlace: OpenPlace<O>;
	#accepted: Promise<ReceivedFile> | null = null;
	#isDecided = false;

	constructor(manifest: FileManifest, sync: SyncPlugin, signal: AbortSignal, openPlace: OpenPlace<O>) {
		this.name = safeFileName(manifest.name);
		this.type = MEDIA_TYPE.test(manifest.type) ? manifest.type : '';
		this.size = manifest.size;
		this.id = manifest.chunks;
		this.signal = signal;
		this.#manifest = manifest;
		this.#sync = sync;
		this.#openPlace = openPlace;
	}

	/**
	 * Fetches the file, what an earlier try has left excepted; every part is verified. Not accepting it refuses it.
	 * @throws FileError FILE_EXISTS, FILE_UNWRITABLE, FILE_INCOMPLETE, FILE_MALFORMED; StoreError; SyncError; TypeError where it is too late.
	 */
	accept(options: O = {} as O): Promise<ReceivedFile> {
		if (this.#isDecided || this.#accepted) return Promise.reject(new TypeError('accept() is called once, before the handler of onFile() has ended'));
		this.#accepted = this.#receive(options);
		// Who does not wait for it must not be ended by a peer that breaks off.
		this.#accepted.catch(() => {});
		return this.#accepted;
	}

	/** For onFile(): how it went, when the handler has ended. */
	async outcome(): Promise<'done' | 'refused'> {
		this.#isDecided = true;
		if (!this.#accepted) return 'refused';
		await this.#accepted;
		return 'done';
	}

	async #receive(options: O): Promise<ReceivedFile> {
		const signal = anyOf(this.signal, options.signal);
		const plan = new ChunkPlan(this.#manifest, await fetchOne(this.#sync, this.#manifest.chunks, signal));
		const arriving =
			(await this.#openPlace(plan, this.name, options)) ?? (options.store ? storedFile(plan, this.type, options.store) : blobFile(plan, this.type));
		try {
			await this.#fetch(plan, arriving, signal, options.onProgress);
		} catch (error) {
			await arriving.leave();
			throw error;
		}
		const { name, type, size } = this;
		return { name, type, size, ...(await arriving.finish()) };
	}

	async #fetch(plan: ChunkPlan, arriving: ArrivingFile, signal: AbortSignal, onProgress: AcceptFileOptions['onProgress']): Promise<void> {
		let bytes = 0;
		const count = (id: string): void => {
			for (const index of plan.placesOf(id)) bytes += plan.lengthAt(index);
		};
		const wanted: string[] = [];
		for (const id of plan.names) {
			if (await arriving.has(id)) count(id);
			else wanted.push(id);
		}
		onProgress?.({ bytes, totalBytes: this.size });
		const into: ObjectSink = {
			size: async () => null,
			async put(chunk, id = '') {
				plan.checkLength(id, chunk.length);
				await arriving.write(chunk, id);
				count(id);
				onProgress?.({ bytes, totalBytes: plan.manifest.size });
				return id;
			},
		};
		const missing = await this.#sync.fetch(wanted, { into, signal }).catch((error) => {
			// What the place of the file threw says more.
			throw codeOf(error) === 'SYNC_STORE_FAILED' ? error.cause : error;
		});
		if (missing.length > 0) throw incomplete();
	}
}

/** One small object, held in memory. @throws FileError FILE_INCOMPLETE; SyncError. */
export async function fetchOne(sync: SyncPlugin, id: string, signal: AbortSignal, maxBytes?: number): Promise<Uint8Array> {
	let found: Uint8Array | null = null;
	const into: ObjectSink = {
		size: async () => null,
		async put(bytes) {
			found = bytes;
			return id;
		},
	};
	await sync.fetch([id], { into, signal, maxBytes });
	return found ?? Promise.reject(incomplete());
}

function incomplete(): FileError {
	return new FileError('FILE_INCOMPLETE', 'the peer has not all of the file that it offered');
}

// AbortSignal.any is not everywhere yet.
function anyOf(first: AbortSignal, second: AbortSignal | undefined): AbortSignal {
	if (!second) return first;
	const controller = new AbortController();
	for (const signal of [first, second]) {
		if (signal.aborted) controller.abort(signal.reason);
		else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal });
	}
	return controller.signal;
}
