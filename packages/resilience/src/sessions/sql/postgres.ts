import { optionalPackage } from './optional-package.js';
import type { SqlDatabase } from './sql-database.js';

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;

/**
 * Connects to a Postgres, again and again where a connection is lost.
 * @param url postgres://user:password@host/database
 * @throws SessionError SESSION_STORE_PACKAGE_MISSING
 */
export async function openPostgres(url: string): Promise<SqlDatabase> {
	const { default: pg } = await optionalPackage('pg', 'sessions in Postgres', () => import('pg'));
	const pool = new pg.Pool({
		connectionString: url,
		// One writer, and one who reads meanwhile.
		max: 2,
		connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
		query_timeout: QUERY_TIMEOUT_MS,
		statement_timeout: QUERY_TIMEOUT_MS,
		application_name: 'linkscope sessions',
		allowExitOnIdle: true,
	});
	// A connection that breaks while idle is replaced at the next query, which tells if it cannot be.
	pool.on('error', () => {});
	return {
		exec: (text) => pool.query(text),
		query: (text, parameters) => pool.query(text, [...parameters]),
		close: () => pool.end(),
	};
}

/** A place as health and errors may show it. @throws TypeError where it is no URL. */
export function postgresName(url: string): string {
	if (!URL.canParse(url)) throw new TypeError('where must be a URL like postgres://user:password@host/database');
	const { host, pathname, searchParams } = new URL(url);
	return `postgres ${host || searchParams.get('host') || 'local'}${pathname}`;
}
