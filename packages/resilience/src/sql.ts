import type { SessionStorage } from './sessions/session-storage.js';
import { lockDirectory } from './sessions/sql/directory-lock.js';
import { openPglite } from './sessions/sql/pglite.js';
import { openPostgres, postgresName } from './sessions/sql/postgres.js';
import { SqlStorage, type SqlStorageOptions } from './sessions/sql/sql-storage.js';

export type { SqlStorageOptions } from './sessions/sql/sql-storage.js';

/**
 * Keeps sessions in a database, which is opened when it is first needed.
 * @param where postgres://… (needs the package pg); else a directory, in which an embedded Postgres keeps them, or memory:// (needs @electric-sql/pglite).
 * A directory belongs to one process at a time.
 * @throws TypeError for a place that is none.
 */
export function sqlSessionStorage(where: string, options?: SqlStorageOptions): SessionStorage {
	if (typeof where !== 'string' || where === '') throw new TypeError(`where must be a directory or a postgres:// URL, got ${JSON.stringify(where)}`);
	if (/^postgres(ql)?:/.test(where)) return new SqlStorage(postgresName(where), () => openPostgres(where), options);
	return new SqlStorage(`pglite ${where}`, () => openPglite(where, lockDirectory), options);
}
