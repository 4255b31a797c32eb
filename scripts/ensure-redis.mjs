import { spawnSync } from 'node:child_process';
import { installFromApt } from './apt.mjs';

/** What the tests of the relay's cluster look for (packages/relay-server/src/cluster/local-redis.ts). */
const COMMANDS = ['redis-server', 'valkey-server'];

/**
 * Finds a Redis for the tests, or brings Debian's where we may install it. Without one the tests that need it are skipped, and that is said.
 * @throws {Error} in CI (CI=true), where nothing is skipped
 */
export async function ensureRedis() {
	if (hasRedis() || ((await installFromApt('redis-server')) && hasRedis())) return;
	const problem =
		'No redis-server was found and none could be installed. Install it (Debian: redis-server; macOS: brew install redis), or name one in LINKSCOPE_REDIS_SERVER.';
	if (process.env.CI) throw new Error(problem);
	console.warn(`${problem}\nThe tests of the relay's cluster are SKIPPED.`);
}

function hasRedis() {
	return [process.env.LINKSCOPE_REDIS_SERVER, ...COMMANDS].some((command) => command && spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0);
}
