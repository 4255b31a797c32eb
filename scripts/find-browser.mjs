import fs from 'node:fs';
import { posix, win32 } from 'node:path';

/** Names looked for on PATH, best first; Ubuntu's chromium-browser is last because it may be a stub that asks for a snap. */
const COMMANDS = ['chromium', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge', 'brave-browser', 'chromium-browser'];

const LINUX_PLACES = ['/usr/bin/chromium', '/usr/lib/chromium/chromium', '/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge', '/snap/bin/chromium'];

const MAC_APPLICATIONS = ['Chromium', 'Google Chrome', 'Microsoft Edge', 'Brave Browser'];

const WINDOWS_COMMANDS = ['chrome.exe', 'msedge.exe', 'chromium.exe'];

const WINDOWS_PROGRAMS = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe', 'Chromium\\Application\\chrome.exe'];

/** The environment variable that names a browser and overrules the search. */
export const BROWSER_VARIABLE = 'LINKSCOPE_BROWSER';

/** How tests start a browser: no sandbox (containers run as root) and no traffic of its own. */
export const BROWSER_ARGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/**
 * Finds a Chromium-family browser: the environment variable first, then PATH, then the usual places of the platform.
 * @param {{ platform?: string, env?: Record<string, string | undefined>, isExecutable?: (path: string) => boolean }} [machine]
 * @returns {string | null} an absolute path, or null when there is none
 * @throws {Error} when LINKSCOPE_BROWSER names something that cannot be executed
 */
export function findBrowser({ platform = process.platform, env = process.env, isExecutable = isExecutableFile } = {}) {
	const named = env[BROWSER_VARIABLE];
	if (named) {
		if (isExecutable(named)) return named;
		throw new Error(`${BROWSER_VARIABLE} is '${named}', which is no executable file. Name a Chromium-family browser, or unset it to search for one.`);
	}
	return candidates(platform, env).find(isExecutable) ?? null;
}

function candidates(platform, env) {
	if (platform === 'win32') return [...onPath(WINDOWS_COMMANDS, pathOf(env), win32), ...windowsPlaces(env)];
	const commands = onPath(COMMANDS, pathOf(env), posix);
	return platform === 'darwin' ? [...commands, ...macPlaces(env)] : [...commands, ...LINUX_PLACES];
}

// Windows spells it Path, and a copied environment has lost the case-insensitive lookup.
function pathOf(env) {
	return env.PATH ?? env.Path ?? '';
}

// Relative entries of PATH are left out: what they mean depends on the folder one happens to stand in.
function onPath(commands, searchPath, path) {
	const folders = searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
	return commands.flatMap((command) => folders.map((folder) => path.join(folder, command)));
}

function macPlaces(env) {
	const folders = ['/Applications', ...(env.HOME ? [posix.join(env.HOME, 'Applications')] : [])];
	return folders.flatMap((folder) => MAC_APPLICATIONS.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`));
}

function windowsPlaces(env) {
	const folders = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA].filter(Boolean);
	return folders.flatMap((folder) => WINDOWS_PROGRAMS.map((program) => win32.join(folder, program)));
}

function isExecutableFile(path) {
	try {
		fs.accessSync(path, fs.constants.X_OK);
		return fs.statSync(path).isFile();
	} catch {
		return false;
	}
}
