import type { ObjectSource, ObjectStore } from './object-store.js';
import { type Announced, MAX_BATCH_BYTES, MAX_BATCH_OBJECTS } from './sync-messages.js';

export interface AnnouncedBatch {
	readonly announced: readonly Announced[];
	/** The place behind it; undefined where objects were named. */
	readonly cursor: string | undefined;
}

interface Listed extends Announced {
	readonly cursor?: string;
}

/** What a request is answered with, batch by batch; null behind the last one. */
export class Batches {
	/** The next page of what may be announced; empty: there is no more. */
	readonly #page: () => Promise<readonly Listed[]>;
	#listed: Listed[] = [];

	private constructor(page: () => Promise<readonly Listed[]>) {
		this.#page = page;
	}

	/** All that arrived in a store behind a cursor. */
	static since(store: ObjectStore, cursor: string | null): Batches {
		let after = cursor;
		return new Batches(async () => {
			const page = await store.list(after, MAX_BATCH_OBJECTS);
			after = page.at(-1)?.cursor ?? after;
			return page;
		});
	}

	/** Of these, what is there. */
	static named(sources: readonly ObjectSource[], ids: readonly string[]): Batches {
		let asked = false;
		return new Batches(async () => {
			if (asked) return [];
			asked = true;
			const found = await Promise.all(ids.map(async (id) => ({ id, size: await sizeIn(sources, id) })));
			return found.filter((each): each is Announced => each.size !== null);
		});
	}

	async next(): Promise<AnnouncedBatch | null> {
		if (this.#listed.length === 0) this.#listed = [...(await this.#page())];
		let count = 0;
		for (let bytes = 0; count < Math.min(this.#listed.length, MAX_BATCH_OBJECTS); count++) {
			bytes += (this.#listed[count] as Listed).size;
			if (count > 0 && bytes > MAX_BATCH_BYTES) break;
		}
		const announced = this.#listed.splice(0, count);
		return announced.length === 0 ? null : { announced, cursor: announced.at(-1)?.cursor };
	}
}

async function sizeIn(sources: readonly ObjectSource[], id: string): Promise<number | null> {
	for (const source of sources) {
		const size = await source.size(id);
		if (size !== null) return size;
	}
	return null;
}

/** @throws Error where it is gone, or other than it was announced. */
export async function readFrom(sources: readonly ObjectSource[], { id, size }: Announced): Promise<Uint8Array> {
	for (const source of sources) {
		const bytes = await source.get(id);
		if (bytes === null) continue;
		if (bytes.length !== size) throw new Error(`the store has ${bytes.length} bytes for ${id}, and said that it has ${size}`);
		return bytes;
	}
	throw new Error(`the store has lost ${id}`);
}
