import type { ObjectSink } from './object-store.js';
import type { PartialObject } from './object-stream.js';
import type { Announced } from './sync-messages.js';

interface Kept {
	readonly peer: string;
	readonly partial: PartialObject;
}

// One for each store, so that no number of broken connections takes more than one object's memory. By store: it outlives the connection.
const kept = new WeakMap<ObjectSink, Kept>();

/** Keeps the beginning of an object until the next connection. @param peer who sent it: another one must not be blamed for what is wrong in it. */
export function keepPartial(sink: ObjectSink, peer: string, partial: PartialObject | null): void {
	if (partial) kept.set(sink, { peer, partial });
}

/** @returns the beginning of this very object, once. */
export function takePartial(sink: ObjectSink, peer: string, wanted: Announced | undefined): PartialObject | null {
	const found = kept.get(sink);
	if (!found || found.peer !== peer || found.partial.id !== wanted?.id || found.partial.size !== wanted.size) return null;
	kept.delete(sink);
	return found.partial;
}
