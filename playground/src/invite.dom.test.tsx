import { acceptInvite, type Connection, createIdentity, createInvite, loadOrCreateIdentity } from 'linkscope';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from './app.js';
import { createModel, type Model } from './model/model.js';

// What the page shows of an invite; how it is dialled is faked at the model's edge.
vi.mock('linkscope', async (original) => ({
	...(await original<typeof import('linkscope')>()),
	acceptInvite: vi.fn(),
	loadOrCreateIdentity: vi.fn(),
}));

const HOSTILE = '<img src=x onerror=alert(1)>';
const inviter = createIdentity();
const invite = await createInvite({ identity: inviter, endpoints: ['ws://127.0.0.1:1/path'], uses: 3 });
const link = invite.link('https://example.org/');
const secret = link.slice(link.lastIndexOf('.') + 1);
let model: Model;
let root: HTMLElement;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
	vi.mocked(acceptInvite).mockReset();
	vi.mocked(loadOrCreateIdentity).mockResolvedValue(createIdentity());
	history.replaceState(null, '', '#/invite');
	open();
});

afterEach(() => {
	close();
	vi.useRealTimers();
});

function open(): void {
	model = createModel();
	root = document.body.appendChild(document.createElement('div'));
	act(() => render(<App model={model} />, root));
}

function close(): void {
	act(() => render(null, root));
	root.remove();
	model.stop();
}

const field = () => root.querySelector<HTMLTextAreaElement>('#invite-link');
const button = (name: string) => [...root.querySelectorAll('button')].find(({ textContent }) => textContent === name);
const press = (name: string) => act(() => button(name)?.click());
const alert = () => root.querySelector('[role=alert]')?.textContent ?? '';
const step = (number: number) => root.querySelectorAll<HTMLElement>('.step')[number - 1] as HTMLElement;
const summary = () => root.querySelector('.steps-head [role=status]')?.textContent;

function paste(text: string): void {
	const box = field() as HTMLTextAreaElement;
	act(() => {
		box.value = text;
		box.dispatchEvent(new InputEvent('input', { bubbles: true }));
	});
}

/** Presses Accept; what comes of it is said by the test. */
async function accept(outcome: Promise<Connection>): Promise<void> {
	vi.mocked(acceptInvite).mockReturnValue(outcome);
	paste(link);
	await act(async () => {
		button('Accept')?.click();
		await vi.waitFor(() => expect(model.invite.run.value?.outcome).not.toBe('running'), { timeout: 25_000 });
	});
}

function connection(): Connection {
	const silent = { on: () => () => {} };
	return {
		id: 'c7',
		plugins: [],
		peer: { fingerprint: inviter.fingerprint },
		onMessage: silent,
		onClose: silent,
		send: vi.fn(),
		close: vi.fn(),
	} as unknown as Connection;
}

const failure = (code: string, message: string) => Promise.reject(Object.assign(new Error(message), { code }));

describe('the invite view', () => {
	it('stands in the address, and is left and entered by the links above', () => {
		expect(root.querySelector('nav [aria-current=page]')?.textContent).toBe('Invite');
		expect(field()).not.toBeNull();
		act(() => {
			location.hash = '#/errors';
			window.dispatchEvent(new HashChangeEvent('hashchange'));
		});
		expect(field()).toBeNull();
		expect([...root.querySelectorAll<HTMLAnchorElement>('nav a')].map(({ hash }) => hash)).toEqual(['#/errors', '#/invite/errors']);
	});

	it('shows the seven steps before anything is pasted', () => {
		expect(root.querySelectorAll('.step')).toHaveLength(7);
		expect(step(4).textContent).toContain('4 to 6 expected');
		expect(step(6).textContent).toContain('of 3.0 s');
	});

	it('shows what a link says, and nothing of its secret', () => {
		paste(link);
		const text = root.textContent ?? '';
		for (const said of [
			inviter.fingerprint,
			'ws://127.0.0.1:1/path',
			'none: it is dialled directly',
			'3 people',
			'9 min left',
			'Valid. Nothing is dialled yet.',
		]) {
			expect(text).toContain(said);
		}
		expect(root.innerHTML).not.toContain(secret);
		expect(field()).toBeNull();
		expect(document.activeElement?.textContent).toBe('An invite');
		expect(acceptInvite).not.toHaveBeenCalled();
		press('Discard');
		expect(field()?.value).toBe('');
		expect(document.activeElement).toBe(field());
	});

	it('says what is wrong with a text, and takes another', () => {
		paste(HOSTILE);
		expect(alert()).toContain('This is no invite link');
		expect(field()?.getAttribute('aria-invalid')).toBe('true');
		expect(step(1).className).toContain('failed');
		expect(root.querySelector('img')).toBeNull();
		press('Clear');
		expect([alert(), field()?.value, field()?.getAttribute('aria-invalid')]).toEqual(['', '', 'false']);
	});

	it('takes the link that the page was opened with out of the address, and no connection is listed by it', () => {
		close();
		history.replaceState(null, '', link.slice(link.indexOf('#')));
		open();
		expect(location.hash).toBe('#/invite/log');
		expect(root.textContent).toContain(inviter.fingerprint);
		expect(model.selectedId.value).toBeNull();
	});
});

it('a connection named in the log is shown in the list', () => {
	act(() => {
		model.tab.value = 'errors';
		model.show('c3');
	});
	expect(location.hash).toBe('#/errors/c3');
	expect(root.querySelector('.detail h2')?.textContent).toBe('c3');
});

describe('accepting', () => {
	it('runs, can be cancelled, and be tried again', async () => {
		vi.mocked(acceptInvite).mockImplementation((_, { signal }) => new Promise((_resolve, reject) => signal?.addEventListener('abort', reject)));
		paste(link);
		press('Accept');
		expect(summary()).toBe('Running: step 3 of 7.');
		expect(step(3).getAttribute('aria-current')).toBe('step');
		await act(async () => {
			await vi.waitFor(() => expect(acceptInvite).toHaveBeenCalledOnce(), { timeout: 25_000 });
			button('Cancel')?.click();
			await vi.waitFor(() => expect(model.invite.run.value?.outcome).toBe('cancelled'), { timeout: 25_000 });
		});
		expect(summary()).toBe('Cancelled.');
		expect(button('Try again')).toBeDefined();
	});

	it('ends in a conversation', async () => {
		const opened = connection();
		await accept(Promise.resolve(opened));
		expect(root.querySelector('h2')?.textContent).toBe('Connected');
		const line = root.querySelector<HTMLInputElement>('[aria-label="Message to the inviter"]') as HTMLInputElement;
		act(() => {
			line.value = HOSTILE;
			line.dispatchEvent(new InputEvent('input', { bubbles: true }));
		});
		press('Send');
		expect(opened.send).toHaveBeenCalledWith(HOSTILE);
		expect(root.querySelector('.line')?.textContent).toBe(`You${HOSTILE}`);
		expect(root.querySelector('img')).toBeNull();
		press('c7 in the list');
		expect(location.hash).toBe('#/log/c7');
		expect(model.sockets.has('c7')).toBe(true);
	});

	it('says what failed, why, and what to do', async () => {
		await accept(failure('INVITE_REFUSED', `refused ${HOSTILE}`));
		expect(root.querySelector('h2')?.textContent).toBe('The invite did not work');
		expect(summary()).toBe('Failed: step 6 of 7.');
		expect(alert()).toMatch(/The inviter refused this invite.*Ask the inviter for a new invite.*INVITE_REFUSED.*refused <img/);
		expect(root.querySelector('img')).toBeNull();
		expect(button('Another invite')).toBeDefined();
	});

	it.each([
		['OPEN_FAILED', 'button primary'],
		['INVITE_REFUSED', 'button'],
	])('advises to try again only where that may help: %s', async (code, style) => {
		await accept(failure(code, ''));
		expect(button('Try again')?.className).toBe(style);
	});

	it('of what nobody foresaw says at least what it said itself', async () => {
		await accept(Promise.reject(new TypeError('something else')));
		expect(summary()).toBe('Failed: before the first step.');
		expect(alert()).toContain('something else');
	});
});
