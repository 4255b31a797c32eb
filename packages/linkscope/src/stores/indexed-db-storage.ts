import { type Clock, systemClock } from '@linkscope/core';
import { checkStoredText, checkStoreName, MAX_STORED_CHARS, type Storage, StoreError } from '@linkscope/plugins';
import { openDatabase, storeError } from './indexed-db.js';

const TEXTS = 'texts';
const upgrade = (db: IDBDatabase): void => void db.createObjectStore(TEXTS);

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
			const db = await openDatabase({ name, where: where(key), code: 'STORE_UNREADABLE', clock, upgrade });
			try {
				return await readText(db, where(key), key);
			} finally {
				db.close();
			}
		},
		async update(key, change) {
			const db = await openDatabase({ name, where: where(key), code: 'STORE_UNWRITABLE', clock, upgrade });
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
