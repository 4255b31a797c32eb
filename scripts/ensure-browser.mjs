import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { BROWSER_VARIABLE, findBrowser } from './find-browser.mjs';
import { run, runNode, step } from './run.mjs';

/**
 * Finds a browser for the tests, or brings one: Debian's chromium where we may install it, else playwright's download.
 * @returns {Promise<string>} the path of its executable
 * @throws {Error} when there is none and none can be brought; tests are never skipped for that
 */
export async function ensureBrowser() {
	const browser = findBrowser() ?? (await fromApt()) ?? (await fromPlaywright());
	if (browser === null) {
		throw new Error(
			`No Chromium-family browser was found and none could be installed. Install Chromium, Chrome, Edge or Brave, or name one in ${BROWSER_VARIABLE}.`,
		);
	}
	return browser;
}

async function fromApt() {
	const prefix = aptPrefix();
	if (prefix === null) return null;
	const [command, ...args] = [...prefix, 'apt-get'];
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await step('Installing chromium with apt-get', async () => {
		await run(command, [...args, 'update', '-qq'], { env });
		await run(command, [...args, 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
	});
	return findBrowser();
}

// Never asks for a password: whoever runs the tests has not agreed to that.
function aptPrefix() {
	if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return null;
	if (process.getuid() === 0) return [];
	return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}

async function fromPlaywright() {
	const { chromium } = await import('playwright');
	if (!existsSync(chromium.executablePath())) {
		await step('Downloading a browser with playwright', () => runNode('node_modules/playwright/cli.js', ['install', 'chromium']));
	}
	return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}
