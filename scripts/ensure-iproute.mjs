import { spawnSync } from 'node:child_process';
import { installFromApt } from './apt.mjs';

/** Brings the `ip` command for the tests in network namespaces (e2e/nat), where root may install it. Without it, or without the right to make a namespace, they are skipped, and that is said. */
export async function ensureIproute() {
	if (process.platform !== 'linux' || process.getuid() !== 0) return;
	const isThere = () => spawnSync('ip', ['-V'], { stdio: 'ignore' }).status === 0;
	if (!isThere()) await installFromApt('iproute2');
	if (!isThere()) console.warn('No ip command was found and none could be installed (Debian: iproute2): the test of peers behind two NATs is SKIPPED.');
}
