// npm test: on a machine with nothing but Node and npm, installs what is missing and runs every test. Further arguments go to vitest.
import { requireNodeVersion } from './node-version.mjs';

requireNodeVersion();
const { install } = await import('./install.mjs');
await install();

const { ensureBrowser } = await import('./ensure-browser.mjs');
const { ensureIproute } = await import('./ensure-iproute.mjs');
const { ensurePostgres } = await import('./ensure-postgres.mjs');
const { ensureRedis } = await import('./ensure-redis.mjs');
const { BROWSER_VARIABLE } = await import('./find-browser.mjs');
const { runNode } = await import('./run.mjs');
try {
	const browser = await ensureBrowser();
	await ensureRedis();
	await ensurePostgres();
	await ensureIproute();
	const env = { ...process.env, [BROWSER_VARIABLE]: browser };
	process.exitCode = await runNode('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)], { env });
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
}
