import { type Clock, systemClock } from '@linkscope/core';
import { checkStoredText, checkStoreName, MAX_STORED_CHARS, type Storage, StoreError } from '@linkscope/plugins';

const TEXTS = 'texts';
const GIVE_UP_AFTER_MS = 10_000;

/**
 * Keeps texts in a browser's IndexedDB, where all tabs of an origin share them. Browsers may clear it when space is short: ask for
 * `navigator.storage.persist()` where the identity matters.
 * @param name of the database.
 */
export function indexedDbStorage(name = 'linkscope', options: { clock?: Clock } = {}): Storage {
	if (typeof name !== 'string' || name === '') throw new TypeError('name must be the name of a database');
	const clock = options.clock ?? systemClock;
	const where = (key: string) => `"${checkStoreName(key)}" in the IndexedDB database "${name}"`;
	return {
		async read(key) {
			const db = await openDatabase(name, where(key), 'STORE_UNREADABLE', clock);
			try {
				return await readText(db, where(key), key);
			} finally {
				db.close();
			}
		},
		async update(key, change) {
			const db = await openDatabase(name, where(key), 'STORE_UNWRITABLE', clock);
			try {
				await updateText(db, where(key), key, change);
			} finally {
				// Not kept open: it would hold up a tab that deletes or upgrades it.
				db.close();
			}
		},
		where,
	};
}

type Code = 'STORE_UNREADABLE' | 'STORE_UNWRITABLE';

function openDatabase(name: string, where: string, code: Code, clock: Clock): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		// Another tab that holds it while it is to be upgraded or deleted may do so for ever, and an open that waits behind that is told nothing.
		const cancel = clock.after(GIVE_UP_AFTER_MS, () => fail(new DOMException(`no answer for ${GIVE_UP_AFTER_MS / 1000} s; close other tabs of this page`)));
		let isGivenUp = false;
		const fail = (cause: unknown) => {
			isGivenUp = true;
			cancel();
			reject(storeError(code, where, cause));
		};
		try {
			if (typeof indexedDB === 'undefined') throw new DOMException('this platform has none; in Node use fileStorage(folder)');
			const request = indexedDB.open(name, 1);
			request.onupgradeneeded = () => request.result.createObjectStore(TEXTS);
			request.onerror = () => fail(request.error);
			request.onsuccess = () => {
				cancel();
				const db = request.result;
				resolve(db);
				// What was given up is closed when it opens after all.
				if (isGivenUp) db.close();
			};
		} catch (error) {
			// In a frame in a sandbox even the looking may throw.
			fail(error);
		}
	});
}

function readText(db: IDBDatabase, where: string, key: string): Promise<string | null> {
	return new Promise((resolve, reject) => {
		const fail = (cause: unknown) => reject(cause instanceof StoreError ? cause : storeError('STORE_UNREADABLE', where, cause));
		try {
			const transaction = db.transaction(TEXTS, 'readonly');
			transaction.onabort = () => fail(transaction.error);
			const request = transaction.objectStore(TEXTS).get(key);
			request.onerror = () => fail(request.error);
			request.onsuccess = () => {
				try {
					resolve(checkText(where, request.result));
				} catch (error) {
					fail(error);
				}
			};
		} catch (error) {
			fail(error);
		}
	});
}

/** One transaction: the browser lets no other one write between the reading and the writing, not even of another tab. */
function updateText(db: IDBDatabase, where: string, key: string, change: Parameters<Storage['update']>[1]): Promise<void> {
	return new Promise((resolve, reject) => {
		try {
			const transaction = db.transaction(TEXTS, 'readwrite', { durability: 'strict' });
			const store = transaction.objectStore(TEXTS);
			transaction.oncomplete = () => resolve();
			transaction.onabort = () => reject(storeError('STORE_UNWRITABLE', where, transaction.error));
			const request = store.get(key);
			request.onsuccess = () => {
				try {
					const current = checkText(where, request.result);
					const text = change(current);
					if (text === current) return;
					if (text === null) store.delete(key);
					else store.put(checkStoredText(where, text), key);
				} catch (error) {
					reject(error);
					transaction.abort();
				}
			};
		} catch (error) {
			reject(storeError('STORE_UNWRITABLE', where, error));
		}
	});
}

function checkText(where: string, stored: unknown): string | null {
	if (stored === undefined) return null;
	if (typeof stored === 'string' && stored.length <= MAX_STORED_CHARS) return stored;
	const what = `${where} is ${typeof stored === 'string' ? `too big (${stored.length} characters)` : 'no text'}`;
	throw new StoreError('STORE_UNREADABLE', `${what}; another program wrote it, give another name of a database`);
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
	QuotaExceededError: 'the quota of this origin is used up; free some space',
	SecurityError: 'this page may not use it; a frame in a sandbox needs allow-same-origin, and some browsers forbid it with their cookies',
	InvalidStateError: 'this page may not use it; some browsers have none in private windows',
	VersionError: 'a newer program has upgraded it; give another name',
	NotFoundError: 'another program made it, and it holds nothing of linkscope; give another name',
};

function storeError(code: Code, where: string, cause: unknown): StoreError {
	const { name: kind = '', message = 'the browser does not say why' } = (cause ?? {}) as { name?: string; message?: string };
	const doing = code === 'STORE_UNREADABLE' ? 'read' : 'write';
	return new StoreError(code, `could not ${doing} ${where}: ${WHAT_TO_DO[kind] ?? message}`, { cause });
}
