import { existsSync } from 'node:fs';
import { installFromApt } from './apt.mjs';
import { BROWSER_VARIABLE, findBrowser } from './find-browser.mjs';
import { runNode, step } from './run.mjs';

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
	return (await installFromApt('chromium')) ? findBrowser() : null;
}

async function fromPlaywright() {
	const { chromium } = await import('playwright');
	if (!existsSync(chromium.executablePath())) {
		await step('Downloading a browser with playwright', () => runNode('node_modules/playwright/cli.js', ['install', 'chromium']));
	}
	return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}
