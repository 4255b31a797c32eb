import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { build } from 'vite';
import { type DemoServer, startDemoServer } from '../../packages/linkscope/src/cli/demo-server.js';
import { BROWSER_ARGS, findBrowser } from '../../scripts/find-browser.mjs';

/** The page as users get it: built, and served by the command under its content security policy. */
export interface PageInBrowser {
	readonly url: string;
	readonly browser: Browser;
	close(): Promise<void>;
}

export async function openPageInBrowser(): Promise<PageInBrowser> {
	const folder = mkdtempSync(join(tmpdir(), 'linkscope-invite-'));
	const root = fileURLToPath(new URL('../', import.meta.url));
	await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
	const server: DemoServer = await startDemoServer({ port: 0, host: '127.0.0.1', page: folder });
	const browser = await chromium.launch({ executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS });
	return {
		url: server.url,
		browser,
		async close() {
			await browser.close();
			await server.close();
			rmSync(folder, { recursive: true });
		},
	};
}
