import { installFromApt } from './apt.mjs';
import { findPostgres, POSTGRES_VARIABLE } from './find-postgres.mjs';

/**
 * Finds a Postgres server for the tests, or brings Debian's where we may install it. Without one the tests that need it are skipped, and that is said.
 * @throws {Error} in CI (CI=true), where nothing is skipped
 */
export async function ensurePostgres() {
	if (findPostgres() || ((await installFromApt('postgresql')) && findPostgres())) return;
	const problem = `No Postgres server was found and none could be installed. Install it (Debian: postgresql; macOS: brew install postgresql), or name the folder of its commands in ${POSTGRES_VARIABLE}.`;
	if (process.env.CI) throw new Error(problem);
	console.warn(`${problem}\nThe tests of sessions in Postgres are SKIPPED.`);
}
