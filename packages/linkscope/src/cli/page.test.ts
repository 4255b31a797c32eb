import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_ARGS, findBrowser } from '../../../../scripts/find-browser.mjs';
import { type DemoServer, startDemoServer } from './demo-server.js';

// The page as users get it: built, served by the command, under its content security policy, in chromium.
const folder = mkdtempSync(join(tmpdir(), 'linkscope-page-'));
const complaints: string[] = [];
let server: DemoServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
	const root = fileURLToPath(new URL('../../../../playground/', import.meta.url));
	await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
	server = await startDemoServer({ port: 0, host: '127.0.0.1', page: folder });
	browser = await chromium.launch({ executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS });
	page = await browser.newPage();
	page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	page.on('pageerror', (error) => complaints.push(error.message));
	await page.goto(server.url);
}, 60_000);

afterAll(async () => {
	await browser?.close();
	await server?.close();
	rmSync(folder, { recursive: true });
});

describe('the built page', () => {
	it('shows its own traffic live', async () => {
		await page.getByText('discovery').first().waitFor();
		await page.getByText('refused').first().waitFor();
		await page.locator('.log-event', { hasText: 'received' }).first().waitFor();
	});

	it('opens, talks to and closes a connection of the person', async () => {
		await page.getByRole('button', { name: 'Open', exact: true }).click();
		await page.getByRole('textbox', { name: 'Message' }).fill('<b>hello</b>');
		await page.getByRole('button', { name: 'Send' }).click();
		await page.getByText('1 message, 12 B').first().waitFor();
		await page.getByLabel('Close reason').fill('seen enough');
		await page.getByRole('button', { name: 'Close', exact: true }).click();
		await page.getByText('1000 “seen enough”, by local').waitFor();
	});

	it('prints the report', async () => {
		await page.getByRole('tab', { name: 'Report' }).click();
		expect(await page.locator('.report').textContent()).toContain('CONNECTION REPORT [PAGE]');
		expect(page.url()).toMatch(/#\/report\/c\d+$/);
	});

	it('breaks no rule of its policy: the one complaint is the refused socket', () => {
		expect(complaints).toEqual([expect.stringContaining('/nowhere')]);
	});
});
