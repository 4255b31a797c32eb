import { alternate } from '../harness/alternate.mjs';
import { startPages } from '../harness/browser-page.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { patchFigures } from '../harness/patch-figures.mjs';
import { startSide } from '../harness/side.mjs';

const CASES = [
	{ name: '64 B binary', bytes: 64, messages: 6000 },
	{ name: '64 B text', bytes: 64, text: true, messages: 6000 },
	{ name: '800 B binary', bytes: 800, messages: 6000 },
	{ name: '800 B text', bytes: 800, text: true, messages: 6000 },
	{ name: '64 KiB binary', bytes: 65_536, messages: 600 },
];

export const sides = ['raw-server', 'page-raw', 'page-observed'];
export const title = "The patch on the browser's WebSocket: on against off";
export const head = ['measured', 'patch off', 'patch on', 'on against off', 'goal', ''];
export const notes = `Headless Chromium, three pages of one browser in processes of their own: without linkscope; with installInstrumentation() while somebody reads the stats every second; and with nobody reading.
64 messages under way to an echo server in Node. CPU is that of the page's main thread (ThreadTime of the DevTools protocol's Performance.getMetrics) for an echo, which is two messages: the goal for a message is held against both together.`;

export async function run({ quick }) {
	const rounds = CASES.map(() => [[], [], []]);
	const server = startSide(sidePath('raw-server'));
	const url = await server.call('url');
	for (let generation = 0; generation < (quick ? 1 : 3); generation++) {
		const browser = await startPages();
		const pages = [await browser.open('page-raw'), await browser.open('page-observed', '#read'), await browser.open('page-observed')];
		for (const page of pages) await page.run((address) => globalThis.openEcho(address), url);
		for (const [index, { name, ...options }] of CASES.entries()) {
			const measure = (page) => measurePage(page, { ...options, window: 64 });
			await alternate(pages, 2, measure);
			const results = await alternate(pages, quick ? 4 : 6, measure);
			for (const [side, values] of results.entries()) rounds[index][side].push(...values);
		}
		await browser.end();
	}
	await server.end();
	return CASES.flatMap(({ name }, index) => patchFigures(name, rounds[index]));
}

async function measurePage(page, options) {
	await page.collectGarbage();
	const before = await page.cpuSeconds();
	const elapsedMs = await page.run((echo) => globalThis.runEcho(echo), options);
	const cpuSeconds = (await page.cpuSeconds()) - before;
	return { perSecond: options.messages / (elapsedMs / 1000), cpuUs: (cpuSeconds * 1e6) / options.messages };
}
