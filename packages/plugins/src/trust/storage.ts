import { LinkscopeError } from '@linkscope/core';

/**
 * Where identities, trusted peers and issued invites are kept: texts by name.
 * In memory here; the package `linkscope` has one in files (Node) and one in IndexedDB (browsers).
 */
export interface Storage {
	/**
	 * @returns null where nothing is stored under that name.
	 * @throws StoreError STORE_UNREADABLE.
	 */
	read(name: string): Promise<string | null>;
	/**
	 * Replaces what is stored under `name`: whole or not at all, and nobody else writes between the reading and the writing.
	 * @param change gets what is stored and returns the new text, the same one where nothing changes, or null to remove it. It is synchronous and
	 * only computes: it may be called again where another process came between. Where it throws, nothing changes and the promise rejects with its error.
	 * @throws StoreError STORE_UNREADABLE or STORE_UNWRITABLE; what was stored is intact.
	 */
	update(name: string, change: (current: string | null) => string | null): Promise<void>;
	/** Where a person finds it, for messages: the path of a file, for instance. */
	where(name: string): string;
}

/** @throws TypeError naming the argument, for what is no storage: a path, for instance. */
export function checkStorage(storage: Storage): Storage {
	if (typeof storage?.read === 'function' && typeof storage.update === 'function') return storage;
	const got = storage === null ? 'null' : typeof storage;
	throw new TypeError(`storage must be a storage, got ${got}: fileStorage(folder), indexedDbStorage(name) and memoryStorage() make one`);
}

/** What is stored, or the place where it is stored, cannot be used. */
export class StoreError extends LinkscopeError {
	static {
		StoreError.prototype.name = 'StoreError';
	}
}

/** 8 Mi characters: room for the 10,000 records of a full trust store; read before it is parsed. */
export const MAX_STORED_CHARS = 2 ** 23;

// One rule for every storage, and for file systems that know no case. A dot in front hides files and could climb; Windows has devices under some names.
const STORE_NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9][a-z0-9_-]{0,63}$/;

/** @throws TypeError where a name could leave its folder, or mean two things on two systems. */
export function checkStoreName(name: string): string {
	if (typeof name === 'string' && STORE_NAME.test(name)) return name;
	const got = JSON.stringify(String(name).slice(0, 80));
	throw new TypeError(`a store's name must be 1 to 64 characters of a-z, 0-9, _ and -, beginning with a letter or digit, and no device of Windows, got ${got}`);
}

/** @throws StoreError STORE_UNWRITABLE where a text is longer than any storage takes. */
export function checkStoredText(name: string, text: string): string {
	if (text.length <= MAX_STORED_CHARS) return text;
	throw new StoreError(
		'STORE_UNWRITABLE',
		`${name} would have ${text.length} characters, the most that is stored is ${MAX_STORED_CHARS}; remove what is no longer needed`,
	);
}

/** Keeps everything until the process ends or the page is left. */
export function memoryStorage(): Storage {
	const texts = new Map<string, string>();
	return {
		async read(name) {
			return texts.get(checkStoreName(name)) ?? null;
		},
		async update(name, change) {
			const text = change(texts.get(checkStoreName(name)) ?? null);
			if (text === null) texts.delete(name);
			else texts.set(name, checkStoredText(name, text));
		},
		where: (name) => `"${checkStoreName(name)}" in memory`,
	};
}
