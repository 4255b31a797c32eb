import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run, step } from './run.mjs';

/**
 * Installs one of Debian's packages where we may: as root, or with a sudo that wants no password.
 * @returns {Promise<boolean>} whether it was tried
 */
export async function installFromApt(name) {
	const prefix = aptPrefix();
	if (prefix === null) return false;
	const [command, ...args] = [...prefix, 'apt-get'];
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await step(`Installing ${name} with apt-get`, async () => {
		await run(command, [...args, 'update', '-qq'], { env });
		await run(command, [...args, 'install', '-y', '-qq', '--no-install-recommends', name], { env });
	});
	return true;
}

// Never asks for a password: whoever runs the tests has not agreed to that.
function aptPrefix() {
	if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return null;
	if (process.getuid() === 0) return [];
	return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}
