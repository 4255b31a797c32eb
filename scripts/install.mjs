import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustSucceed, root, run } from './run.mjs';

// Node 20 runs this pnpm, and npx brings it where only Node and npm are installed; docs/dependencies.md says why it is pinned here.
export const PNPM = 'pnpm@12.21.0';

/** Runs pnpm, downloading it on first use. */
export function pnpm(...args) {
	return run('npx', ['-y', PNPM, ...args]);
}

/** Installs what the lockfile names, unless node_modules already holds exactly that; ends the process where it cannot. */
export async function install() {
	if (isUpToDate()) return;
	await mustSucceed('Installing dependencies', () => pnpm('install', '--frozen-lockfile'));
}

// pnpm leaves a copy of the lockfile it has installed, written last.
function isUpToDate() {
	const installed = join(root, 'node_modules/.pnpm/lock.yaml');
	return existsSync(installed) && readFileSync(installed).equals(readFileSync(join(root, 'pnpm-lock.yaml')));
}
