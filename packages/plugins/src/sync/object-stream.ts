import { ByteReassembly } from '../reassembly.js';
import type { Announced } from './sync-messages.js';

/** The beginning of an object whose end did not come. */
export interface PartialObject extends Announced {
	readonly bytes: Uint8Array;
}

/** The objects of a batch on their way in: one behind the other, cut anywhere. Memory follows what has come, not what was announced. */
export class ObjectStream {
	readonly #objects: readonly Announced[];
	readonly #onObject: (object: Announced, bytes: Uint8Array, resumed: boolean) => void;
	#at = 0;
	#arriving: ByteReassembly | null = null;
	#resumed = false;

	/**
	 * @param partial the beginning of the first object, where it came on an earlier connection.
	 * @param onObject gets each object's own array.
	 */
	constructor(objects: readonly Announced[], partial: PartialObject | null, onObject: (object: Announced, bytes: Uint8Array, resumed: boolean) => void) {
		this.#objects = objects;
		this.#onObject = onObject;
		if (partial === null) return;
		this.#resumed = true;
		this.#arriving = new ByteReassembly(partial.size);
		this.#arriving.add(partial.bytes);
	}

	get isComplete(): boolean {
		return this.#at === this.#objects.length;
	}

	/** Hands out what has no bytes to wait for; called once before the first bytes. */
	begin(): void {
		this.#skipEmpty();
	}

	/** @returns what is behind the last object, which nobody asked for: normally nothing. */
	push(bytes: Uint8Array): Uint8Array {
		let rest = bytes;
		while (rest.length > 0 && !this.isComplete) {
			const object = this.#objects[this.#at] as Announced;
			this.#arriving ??= new ByteReassembly(object.size);
			const piece = rest.subarray(0, object.size - this.#arriving.receivedBytes);
			rest = rest.subarray(piece.length);
			this.#arriving.add(piece);
			if (this.#arriving.receivedBytes < object.size) break;
			this.#finish(object, this.#arriving.finish());
			this.#skipEmpty();
		}
		return rest;
	}

	/** What has come of the object under way. */
	partial(): PartialObject | null {
		const object = this.#objects[this.#at];
		if (!object || !this.#arriving || this.#arriving.receivedBytes === 0) return null;
		return { ...object, bytes: this.#arriving.finish() };
	}

	#skipEmpty(): void {
		for (let object = this.#objects[this.#at]; object?.size === 0; object = this.#objects[this.#at]) this.#finish(object, new Uint8Array(0));
	}

	#finish(object: Announced, bytes: Uint8Array): void {
		const resumed = this.#resumed;
		this.#at++;
		this.#arriving = null;
		this.#resumed = false;
		this.#onObject(object, bytes, resumed);
	}
}
