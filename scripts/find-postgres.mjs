import { existsSync, readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The environment variable that names a folder with `postgres` and `initdb`, and overrules the search. */
export const POSTGRES_VARIABLE = 'LINKSCOPE_POSTGRES_BIN';

// Debian keeps each version in a folder of its own, away from the PATH.
const DEBIAN = '/usr/lib/postgresql';

/** @returns {string | null} the folder of a Postgres server on this machine, the newest first */
export function findPostgres(env = process.env) {
	if (env[POSTGRES_VARIABLE]) return hasServer(env[POSTGRES_VARIABLE]) ? env[POSTGRES_VARIABLE] : null;
	const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
	const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...(env.PATH ?? '').split(delimiter).filter(isAbsolute), '/opt/homebrew/bin'];
	return folders.find(hasServer) ?? null;
}

function hasServer(folder) {
	return ['postgres', 'initdb'].every((command) => existsSync(join(folder, command)));
}
