import { readFileSync } from 'node:fs';
import { createIdentity, createInvite } from 'linkscope';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRelayServer, type RelayServer } from '../../packages/relay-server/src/index.js';
import { type Inviter, startInviter } from './inviter.js';
import { openPageInBrowser, type PageInBrowser } from './page-in-browser.js';

// Nobody here has an address: whoever meets, meets at a relay.
let server: PageInBrowser;
let relay: RelayServer;
let relayUrl: string;
let inviter: Inviter;
let context: BrowserContext;

beforeAll(async () => {
	relay = createRelayServer({ port: 0, host: '127.0.0.1' });
	relayUrl = (await relay.listen()).url;
	server = await openPageInBrowser();
	inviter = await startInviter({ relays: [relayUrl] });
}, 60_000);

afterAll(async () => {
	await server?.close();
	await inviter?.listener.close();
	await relay?.close();
});

beforeEach(async () => {
	context = await server.browser.newContext();
});

afterEach(() => context.close());

async function openTab(hash = '#/invite'): Promise<Page> {
	const tab = await context.newPage();
	await tab.goto(`${server.url}${hash}`);
	return tab;
}

async function accept(tab: Page, link: string): Promise<void> {
	await tab.getByRole('textbox', { name: 'Accept an invite' }).fill(link);
	await tab.getByRole('button', { name: 'Accept', exact: true }).click();
}

const steps = async (tab: Page) => (await tab.locator('.step-name strong').allTextContents()).map((name) => name.replace(/^(.+) \((.+)\)$/, '$1: $2'));

describe('an invite that names a relay', () => {
	it('goes through all seven steps, discovery among them', async () => {
		const tab = await openTab();
		await accept(tab, (await inviter.invite({ endpoints: [], relays: [relayUrl] })).link());
		await tab.getByText(/Active after/).waitFor();
		expect(new Set((await steps(tab)).map((step) => step.split(': ')[1]))).toEqual(new Set(['done']));
		expect(await tab.locator('.step-messages').nth(1).textContent()).toMatch(/^[3-5] messages/);
		await tab.getByLabel('Message to the inviter').fill('by relay');
		await tab.getByRole('button', { name: 'Send', exact: true }).click();
		await expect.poll(() => tab.locator('.line').allTextContents()).toEqual(['Youby relay', 'Inviterby relay']);
	});

	it('is dialled at the inviter’s own address too, where it has one', async () => {
		const tab = await openTab();
		await accept(tab, (await inviter.invite({ relays: [relayUrl] })).link());
		await tab.getByText(/Active after/).waitFor();
		expect(await tab.locator('.tries-url').allTextContents()).toContain(inviter.listener.url.replace(/\/$/, ''));
	});

	it('says so where the inviter does not wait there', async () => {
		const tab = await openTab();
		await accept(tab, (await createInvite({ identity: createIdentity(), relays: [relayUrl] })).link());
		await tab.getByText('Failed: step 2 of 7.').waitFor();
		expect(await tab.getByRole('alert').textContent()).toMatch(/The inviter is not waiting at the relay.*NOT_REGISTERED/);
	});

	it('says so where no relay answers', async () => {
		const tab = await openTab();
		await accept(tab, (await inviter.invite({ endpoints: [], relays: ['ws://127.0.0.1:9/'] })).link());
		await tab.getByText('Failed: step 2 of 7.').waitFor();
	});
});

describe('a page that invites', () => {
	async function meet(): Promise<{ host: Page; guest: Page }> {
		const host = await openTab();
		const link = await invite(host);
		expect(link.startsWith(`${server.url}#`)).toBe(true);
		const guest = await context.newPage();
		await guest.goto(link);
		await guest.getByRole('button', { name: 'Accept', exact: true }).click();
		await guest.getByText(/Active after/).waitFor();
		return { host, guest };
	}

	async function invite(host: Page): Promise<string> {
		await host.getByLabel('Address of the relay').fill(relayUrl);
		await host.getByRole('button', { name: 'Create an invite' }).click();
		return host.getByLabel('Link of your invite').inputValue();
	}

	it('meets another tab at the relay', async () => {
		const { host, guest } = await meet();
		await guest.getByLabel('Message to the inviter').fill('hello from the other tab');
		await guest.getByRole('button', { name: 'Send', exact: true }).click();
		await host.getByText('hello from the other tab').waitFor();
		await host.getByText('Used: whom it was for has come.').waitFor();
		// A tab in the background draws rarely, and what is pressed must have been drawn.
		await host.bringToFront();
		await host.getByLabel('Message to the guest').fill('hello back');
		await host.getByRole('button', { name: 'Send', exact: true }).click();
		await guest.getByText('hello back').waitFor();

		await host.getByRole('button', { name: 'Stop waiting' }).click();
		await guest.getByText('Ended by the inviter: 1000 “server shutting down”').waitFor();
	});

	it('takes a file that it agreed to, and none that it did not', async () => {
		const { host, guest } = await meet();
		const content = Buffer.alloc(3_000_000, 'linkscope ');
		await guest.getByLabel('Send a file').setInputFiles({ name: '../no <b>tes.txt', mimeType: 'text/html', buffer: content });
		await host.getByText('is offered to you').waitFor();
		await host.bringToFront();
		await host.getByRole('button', { name: 'Receive' }).click();
		await guest.getByText('arrived, checked').waitFor();
		await host.getByText('received, checked').waitFor();
		const download = host.waitForEvent('download');
		await host.getByRole('link', { name: 'Save' }).click();
		expect(readFileSync(await (await download).path()).equals(content)).toBe(true);

		await host.getByLabel('Send a file').setInputFiles({ name: 'unwanted.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
		await guest.getByRole('button', { name: 'Refuse' }).click();
		await host.getByText('refused by the other side').waitFor();
	});

	it('takes its invite back', async () => {
		const host = await openTab();
		const link = await invite(host);
		await host.getByRole('button', { name: 'Revoke' }).click();
		await host.getByText('Revoked: nobody comes in by this link any more.').waitFor();
		const guest = await openTab();
		await accept(guest, link);
		await guest.getByText('Failed: step 6 of 7.').waitFor();
		await host.getByRole('button', { name: 'New invite' }).click();
		expect(await host.getByLabel('Link of your invite').inputValue()).not.toBe(link);
	});

	it('says why it cannot', async () => {
		const host = await openTab();
		await host.getByLabel('Address of the relay').fill('ws://127.0.0.1:9/');
		await host.getByRole('button', { name: 'Create an invite' }).click();
		expect(await host.getByRole('alert').textContent()).toContain('Nobody answered');
	});
});
