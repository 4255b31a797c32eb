import { checkObject, type ObjectStore } from './object-store.js';
import { cursorAt, newStoreName, positionOf } from './store-cursor.js';

/** Keeps every object until the process ends or the page is left. */
export function memoryObjectStore(): ObjectStore {
	const objects = new Map<string, Uint8Array>();
	const arrivals: string[] = [];
	const name = newStoreName();
	const sizeOf = (id: string) => objects.get(id)?.length ?? null;
	return {
		size: async (id) => sizeOf(id),
		get: async (id) => objects.get(id) ?? null,
		async put(bytes, given) {
			const id = checkObject(bytes, given);
			if (!objects.has(id)) {
				// A small view would keep all of its buffer.
				objects.set(id, bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice());
				arrivals.push(id);
			}
			return id;
		},
		async list(after, limit) {
			const start = positionOf(name, after);
			return arrivals.slice(start, start + limit).map((id, i) => ({ id, size: sizeOf(id) ?? 0, cursor: cursorAt(name, start + i + 1) }));
		},
	};
}
