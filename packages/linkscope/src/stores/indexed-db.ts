import type { Clock } from '@linkscope/core';
import { StoreError } from '@linkscope/plugins';

const GIVE_UP_AFTER_MS = 10_000;

export type StoreCode = 'STORE_UNREADABLE' | 'STORE_UNWRITABLE';

export interface OpenOptions {
	/** Of the database. */
	name: string;
	/** Where a person finds what is wanted, for messages. */
	where: string;
	code: StoreCode;
	clock: Clock;
	/** Makes its object stores, where there is no such database yet. */
	upgrade: (db: IDBDatabase) => void;
}

/** @throws StoreError with `code`. */
export function openDatabase({ name, where, code, clock, upgrade }: OpenOptions): Promise<IDBDatabase> {
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
			if (typeof indexedDB === 'undefined') throw new DOMException('this platform has none; in Node use fileStorage(folder) or fileObjectStore(folder)');
			const request = indexedDB.open(name, 1);
			request.onupgradeneeded = () => upgrade(request.result);
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

const WHAT_TO_DO: Readonly<Record<string, string>> = {
	QuotaExceededError: 'the quota of this origin is used up; free some space',
	SecurityError: 'this page may not use it; a frame in a sandbox needs allow-same-origin, and some browsers forbid it with their cookies',
	InvalidStateError: 'this page may not use it; some browsers have none in private windows',
	VersionError: 'a newer program has upgraded it; give another name',
	NotFoundError: 'another program made it, and it holds nothing of linkscope; give another name',
};

/** What the browser said, in words that say what to do. */
export function storeError(code: StoreCode, where: string, cause: unknown): StoreError {
	const { name: kind = '', message = 'the browser does not say why' } = (cause ?? {}) as { name?: string; message?: string };
	const doing = code === 'STORE_UNREADABLE' ? 'read' : 'write';
	return new StoreError(code, `could not ${doing} ${where}: ${WHAT_TO_DO[kind] ?? message}`, { cause });
}
