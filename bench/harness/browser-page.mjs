import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright';
import { BROWSER_ARGS, findBrowser } from '../../scripts/find-browser.mjs';
import { sidePath } from './bundle.mjs';

/** Pages of bundled sides in a headless browser, each in a context and so in a process of its own. */
export async function startPages() {
	const server = createServer((request, response) => {
		const script = /^\/(page-[a-z]+)\.mjs$/.exec(request.url)?.[1];
		response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
		response.end(script ? readFileSync(sidePath(script)) : `<!doctype html><script type="module" src="${request.url}.mjs"></script>`);
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const browser = await chromium.launch({ executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS });
	return {
		version: browser.version(),
		/** @returns a page whose script has run, with the CPU its main thread has used so far. */
		async open(script, hash = '') {
			const context = await browser.newContext();
			const page = await context.newPage();
			await page.goto(`http://127.0.0.1:${server.address().port}/${script}${hash}`);
			const cdp = await context.newCDPSession(page);
			await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
			return {
				run: (fn, argument) => page.evaluate(fn, argument),
				collectGarbage: () => cdp.send('HeapProfiler.collectGarbage'),
				async cpuSeconds() {
					const { metrics } = await cdp.send('Performance.getMetrics');
					return metrics.find(({ name }) => name === 'ThreadTime').value;
				},
				close: () => context.close(),
			};
		},
		async end() {
			await browser.close();
			server.close();
		},
	};
}
