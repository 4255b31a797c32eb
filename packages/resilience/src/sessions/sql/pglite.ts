import { systemClock } from '@linkscope/core';
import { SessionError } from '../session-error.js';
import { optionalPackage } from './optional-package.js';
import type { SqlDatabase } from './sql-database.js';

/** Keeps others from a place while it is open. @returns how to give it back. */
export type Lock = (where: string) => Promise<() => Promise<void>>;

/**
 * Opens the Postgres that runs inside this process.
 * @param where a directory, idb://name or memory://
 * @throws SessionError SESSION_STORE_PACKAGE_MISSING, SESSION_STORE_IN_USE, SESSION_STORE_CORRUPT; whatever the file system throws.
 */
export async function openPglite(where: string, lock: Lock): Promise<SqlDatabase> {
	const { PGlite } = await optionalPackage('@electric-sql/pglite', 'a data directory for sessions', () => import('@electric-sql/pglite'));
	const release = await lock(where);
	try {
		const database = await PGlite.create(where);
		return {
			exec: (text) => database.exec(text),
			async query(text, parameters) {
				await turn();
				return database.query(text, [...parameters]);
			},
			async close() {
				await database.close();
				await release();
			},
		};
	} catch (error) {
		await release();
		throw new SessionError(
			'SESSION_STORE_CORRUPT',
			`what is in ${where} cannot be opened as a database: restore it from a copy, or move it away to begin anew`,
			{
				cause: error,
			},
		);
	}
}

/** Its work is done in microtasks: without turns between, many batches in a row would leave no time for anything else. */
function turn(): Promise<void> {
	return new Promise((resolve) => void systemClock.after(0, resolve, { keepAlive: true }));
}
