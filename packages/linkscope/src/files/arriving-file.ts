import { type ObjectStore, StoreError } from '@linkscope/plugins';
import type { ChunkPlan } from './file-manifest.js';

/** Where the chunks of a file go. */
export interface ArrivingFile {
	/** Whether a chunk is there already. */
	has(id: string): Promise<boolean>;
	/** Keeps a chunk, wherever it belongs. */
	write(bytes: Uint8Array, id: string): Promise<void>;
	/** All is there. */
	finish(): Promise<PlacedFile>;
	/** Not all is there; what is may stay for another time. */
	leave(): Promise<void>;
}

export interface PlacedFile {
	/** Where it is now; undefined where it is a blob. */
	readonly path?: string;
	/** Undefined where it is at a path. */
	readonly blob?: Blob;
}

/** In memory, or where the platform keeps its blobs: forgotten when it is left. */
export function blobFile(plan: ChunkPlan, type: string): ArrivingFile {
	const parts = new Map<string, Blob>();
	return {
		has: async (id) => parts.has(id),
		write: async (bytes, id) => void parts.set(id, new Blob([bytes as Uint8Array<ArrayBuffer>])),
		finish: async () => ({
			blob: new Blob(
				plan.ids.map((id) => parts.get(id) as Blob),
				{ type },
			),
		}),
		leave: async () => parts.clear(),
	};
}

/** In an object store, from which it becomes a blob: what came stays there, for another connection. */
export function storedFile(plan: ChunkPlan, type: string, store: ObjectStore): ArrivingFile {
	return {
		async has(id) {
			const bytes = await store.size(id);
			if (bytes !== null) plan.checkLength(id, bytes);
			return bytes !== null;
		},
		write: async (bytes, id) => void (await store.put(bytes, id)),
		async finish() {
			const parts: Blob[] = [];
			for (const id of plan.ids) {
				const bytes = await store.get(id);
				if (bytes === null) throw new StoreError('STORE_UNREADABLE', 'the store has lost a part of the file: have it sent again');
				parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
			}
			return { blob: new Blob(parts, { type }) };
		},
		leave: async () => {},
	};
}
