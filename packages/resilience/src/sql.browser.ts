import type { SessionStorage } from './sessions/session-storage.js';
import { lockForPage } from './sessions/sql/page-lock.js';
import { openPglite } from './sessions/sql/pglite.js';
import { SqlStorage, type SqlStorageOptions } from './sessions/sql/sql-storage.js';

export type { SqlStorageOptions } from './sessions/sql/sql-storage.js';

/**
 * Keeps sessions in an embedded Postgres, which is opened when it is first needed. Needs the package @electric-sql/pglite.
 * @param where idb://name for IndexedDB, which belongs to one page at a time, or memory://.
 * @throws TypeError for a place that a browser has not.
 */
export function sqlSessionStorage(where: string, options?: SqlStorageOptions): SessionStorage {
	if (typeof where !== 'string' || !/^(idb|memory):\/\//.test(where)) {
		throw new TypeError(`where must be idb://name or memory:// in a browser, got ${JSON.stringify(String(where).split(':')[0])}`);
	}
	return new SqlStorage(`pglite ${where}`, () => openPglite(where, lockForPage), options);
}
