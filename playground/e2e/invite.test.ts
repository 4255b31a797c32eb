import { createIdentity, createInvite } from 'linkscope';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Inviter, startInviter, startSilentServer } from './inviter.js';
import { openPageInBrowser, type PageInBrowser } from './page-in-browser.js';

// A real inviter in Node, the page in chromium, its security policy and all, and nothing between them but sockets.
let server: PageInBrowser;
let inviter: Inviter;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
	server = await openPageInBrowser();
	inviter = await startInviter();
}, 60_000);

afterAll(async () => {
	await server?.close();
	await inviter?.listener.close();
});

beforeEach(async () => {
	context = await server.browser.newContext();
	page = await context.newPage();
	complaints = [];
	page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	page.on('pageerror', (error) => complaints.push(error.message));
	await page.goto(`${server.url}#/invite`);
});

afterEach(() => context.close());

const field = () => page.getByRole('textbox', { name: 'Accept an invite' });
const paste = (link: string) => field().fill(link);
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const alert = () => page.getByRole('alert').textContent();

/** Each step and its state, as those hear it who listen instead of looking. */
async function steps(): Promise<string[]> {
	const names = await page.locator('.step-name strong').allTextContents();
	return names.map((name) => name.replace(/^(.+) \((.+)\)$/, '$1: $2'));
}

const secretOf = (link: string) => link.slice(link.lastIndexOf('.') + 1);

describe('an invite that works', () => {
	it('shows who made it before anything is dialled, then runs through the seven steps, and talks', async () => {
		const invite = await inviter.invite();
		await paste(invite.link(server.url));
		await page.getByText(inviter.identity.fingerprint).waitFor();
		expect(inviter.listener.connectionCount).toBe(0);
		await page.getByText('Valid. Nothing is dialled yet.').waitFor();

		await press('Accept');
		await page.getByText(/Active after .+, 10 messages/).waitFor();
		expect(await steps()).toEqual([
			'Paste and validation: done',
			'Discovery: skipped',
			'Connection: done',
			'Authentication: done',
			'Encryption: done',
			'Pairing: done',
			'Active: done',
		]);
		expect(await page.locator('.facts .wide .mono').last().textContent()).toBe(inviter.accepted.at(-1)?.peer?.fingerprint);

		await page.getByLabel('Message to the inviter').fill('Hello <b>there</b>');
		await press('Send');
		await expect.poll(() => page.locator('.line').allTextContents()).toEqual(['YouHello <b>there</b>', 'InviterHello <b>there</b>']);

		await page.getByRole('button', { name: /in the list/ }).click();
		await page.locator('.row', { hasText: 'by invite' }).waitFor();
		expect(await page.locator('.facts').textContent()).toContain(inviter.identity.fingerprint);
		expect(complaints).toEqual([expect.stringContaining('/nowhere')]);
	});

	it('keeps the identity of this page for the next one', async () => {
		const met: (string | undefined)[] = [];
		for (let time = 0; time < 2; time++) {
			await page.goto(`${server.url}#/invite`);
			await page.reload();
			await paste((await inviter.invite()).link());
			await press('Accept');
			await page.getByText(/Active after/).waitFor();
			met.push(inviter.accepted.at(-1)?.peer?.fingerprint);
		}
		expect(met[0]).toBe(met[1]);
	});
});

describe('a link in the address', () => {
	it('is taken out of the address, the history and the page at once', async () => {
		const link = (await inviter.invite()).link(server.url);
		const fresh = await context.newPage();
		await fresh.goto(link);
		await fresh.getByText(inviter.identity.fingerprint).waitFor();
		expect(fresh.url()).toBe(`${server.url}#/invite/log`);
		const visited = await fresh.evaluate(() =>
			(globalThis as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url),
		);
		expect(visited.join()).not.toContain(secretOf(link));
		expect(await fresh.content()).not.toContain(secretOf(link));
		await fresh.goBack();
		expect(fresh.url()).not.toContain(secretOf(link));
	});

	it('is taken by a page that is open already', async () => {
		const link = (await inviter.invite()).link(server.url);
		await page.evaluate((hash) => {
			(globalThis as unknown as { location: { hash: string } }).location.hash = hash;
		}, new URL(link).hash);
		await page.getByText(inviter.identity.fingerprint).waitFor();
		expect(page.url()).toBe(`${server.url}#/invite/log`);
	});

	it('that was cut says so and stands nowhere in the page', async () => {
		const link = (await inviter.invite()).link(server.url).slice(0, -4);
		const fresh = await context.newPage();
		await fresh.goto(link);
		expect(await fresh.getByRole('alert').textContent()).toContain('This link was cut short');
		expect(await fresh.getByRole('textbox', { name: 'Accept an invite' }).inputValue()).toBe('');
	});
});

describe('an invite that does not work', () => {
	it.each([
		['a text', () => 'see you there', 'This is no invite link'],
		['a cut link', (link: string) => link.slice(0, -1), 'This link was cut short'],
		['a changed link', (link: string) => link.replace('#eyJ2I', '#eyJ2J'), 'This link was changed on its way'],
	])('is refused at once: %s', async (_, change, title) => {
		await paste(change((await inviter.invite()).link()));
		expect(await alert()).toContain(title);
		expect((await steps())[0]).toBe('Paste and validation: failed');
		expect(await page.getByRole('button', { name: 'Accept', exact: true }).count()).toBe(0);
	});

	it('names the step and what to do where it was revoked', async () => {
		const invite = await inviter.invite();
		await inviter.invites.revoke(invite.id);
		await paste(invite.link());
		await press('Accept');
		await page.getByText('Failed: step 6 of 7.').waitFor();
		expect(await alert()).toMatch(/The inviter refused this invite.*Ask the inviter for a new invite.*INVITE_REFUSED/);
		expect(await steps()).toEqual(expect.arrayContaining(['Encryption: done', 'Pairing: failed', 'Active: not yet']));
	});

	it('names the step where somebody else answers', async () => {
		await paste((await createInvite({ identity: createIdentity(), endpoints: [inviter.listener.url] })).link());
		await press('Accept');
		await page.getByText('Failed: step 4 of 7.').waitFor();
		expect(await alert()).toMatch(/Somebody else answered.*PEER_MISMATCH/);
	});

	it('names the step where nobody answers, and may be tried again', async () => {
		const silent = await startSilentServer();
		silent.close();
		await paste((await inviter.invite({ endpoints: [silent.url] })).link());
		await press('Accept');
		await page.getByText('Failed: step 3 of 7.').waitFor();
		expect(await alert()).toMatch(/Nobody answered.*OPEN_FAILED/);
		await press('Try again');
		await page.getByText('Failed: step 3 of 7.').waitFor();
	});

	it('runs until it is cancelled where a server is silent, after an address that did not answer', async () => {
		const silent = await startSilentServer();
		await paste((await inviter.invite({ endpoints: ['ws://127.0.0.1:9/', silent.url] })).link());
		await press('Accept');
		await page.getByText('Running: step 3 of 7.').waitFor();
		await expect.poll(() => page.locator('.tries li').count()).toBe(2);
		await press('Cancel');
		await page.getByText('Cancelled. The invite was not used up').waitFor();
		expect(await steps()).toContain('Connection: cancelled');
		silent.close();
	});
});
