import { defaultPrimitives, encodeBase64url } from '@linkscope/crypto';

/** The largest object: 16 MiB. What is larger is stored in pieces, as files are. */
export const MAX_OBJECT_BYTES = 2 ** 24;

/**
 * Bytes under the name that their content gives them, so that whoever has a name can tell whether the bytes are right.
 * In memory here; the package `linkscope` has one in files (Node) and one in IndexedDB (browsers). What a method throws fails the synchronisation, not the connection.
 */
export interface ObjectStore extends ObjectSource {
	/**
	 * Keeps an object; one that is there already is not stored again. Resolves when it is kept for good.
	 * @param bytes at most 16 MiB; the array belongs to the store from here.
	 * @param id where the caller has computed it from these bytes already.
	 * @returns its id.
	 */
	put(bytes: Uint8Array, id?: string): Promise<string>;
	/**
	 * What is stored, in the order of its arrival.
	 * @param after the cursor of the last object that is known already; null, and a cursor of another store: from the first.
	 * @param limit at most so many, at least 1. None: nothing came after it.
	 */
	list(after: string | null, limit: number): Promise<readonly StoredObject[]>;
}

/** Where objects can be read by name. */
export interface ObjectSource {
	/** In bytes; null: not there. */
	size(id: string): Promise<number | null>;
	/** @returns the bytes, not to be modified; null: not there. */
	get(id: string): Promise<Uint8Array | null>;
}

/** Where fetched objects go. */
export type ObjectSink = Pick<ObjectStore, 'size' | 'put'>;

export interface StoredObject {
	/** 43 characters of base64url. */
	readonly id: string;
	/** In bytes. */
	readonly size: number;
	/** The place behind it: at most 256 characters, for `list` of the same store. */
	readonly cursor: string;
}

/** The name of an object: SHA-256 in base64url, 43 characters. */
export function objectId(bytes: Uint8Array): string {
	return encodeBase64url(defaultPrimitives().hash('SHA256', bytes));
}

// 256 bits: the last character carries four of them, and two that are zero.
const OBJECT_ID = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Whether a text can be the name of an object, in its one canonical form. */
export function isObjectId(text: string): boolean {
	return OBJECT_ID.test(text);
}

/** For stores. @returns its id. @throws TypeError where it is no Uint8Array, RangeError beyond 16 MiB. */
export function checkObject(bytes: Uint8Array, id?: string): string {
	if (!(bytes instanceof Uint8Array)) throw new TypeError(`an object is a Uint8Array, got ${bytes === null ? 'null' : typeof bytes}`);
	if (bytes.length > MAX_OBJECT_BYTES) throw new RangeError(`an object has at most ${MAX_OBJECT_BYTES} bytes, got ${bytes.length}: store it in pieces`);
	return id ?? objectId(bytes);
}

/** @throws TypeError for what is no store. */
export function checkObjectStore(store: ObjectStore): ObjectStore {
	const methods = ['size', 'get', 'put', 'list'] as const;
	if (methods.every((name) => typeof store?.[name] === 'function')) return store;
	throw new TypeError('store must be an object store: fileObjectStore(folder), indexedDbObjectStore(name) and memoryObjectStore() make one');
}
