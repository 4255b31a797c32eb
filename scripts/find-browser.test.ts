import { expect, it } from 'vitest';
import { findBrowser } from './find-browser.mjs';

const machine = (platform: string, env: Record<string, string>, ...files: string[]) => ({
	platform,
	env,
	isExecutable: (path: string) => files.includes(path),
});

it('takes the browser named by the environment before any other', () => {
	expect(findBrowser(machine('linux', { LINKSCOPE_BROWSER: '/my/chrome', PATH: '/usr/bin' }, '/my/chrome', '/usr/bin/chromium'))).toBe('/my/chrome');
});

it('refuses a named browser that cannot be executed instead of quietly taking another', () => {
	expect(() => findBrowser(machine('linux', { LINKSCOPE_BROWSER: '/gone' }, '/usr/bin/chromium'))).toThrow(/LINKSCOPE_BROWSER is '\/gone'/);
});

it('searches PATH before the usual places', () => {
	expect(findBrowser(machine('linux', { PATH: '/a:/b' }, '/b/google-chrome', '/usr/bin/chromium'))).toBe('/b/google-chrome');
});

it('prefers a real browser to the chromium-browser stub, wherever both stand on PATH', () => {
	expect(findBrowser(machine('linux', { PATH: '/a:/b' }, '/a/chromium-browser', '/b/google-chrome'))).toBe('/b/google-chrome');
});

it('ignores empty and relative entries of PATH', () => {
	expect(findBrowser(machine('linux', { PATH: ':.:bin' }, 'chromium', 'bin/chromium'))).toBeNull();
});

it.each([
	['linux', {}, '/opt/google/chrome/chrome'],
	['darwin', {}, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
	['darwin', { HOME: '/Users/ann' }, '/Users/ann/Applications/Chromium.app/Contents/MacOS/Chromium'],
	['win32', { ProgramFiles: 'C:\\Program Files' }, 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'],
	['win32', { 'ProgramFiles(x86)': 'C:\\Program Files (x86)' }, 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'],
	['win32', { Path: 'C:\\tools;D:\\more' }, 'D:\\more\\chrome.exe'],
])('knows the usual places of %s with %o', (platform, env, place) => {
	expect(findBrowser(machine(platform, env, place))).toBe(place);
});

it('says null when there is none', () => {
	for (const platform of ['linux', 'darwin', 'win32', 'freebsd']) expect(findBrowser(machine(platform, {}))).toBeNull();
});
