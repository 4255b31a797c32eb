import { getConnectionInstrumentationStats, installInstrumentation, onConnectionEvent } from 'linkscope';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from './app.js';
import { createModel, type Model } from './model/model.js';
import { snapshots } from './test-snapshots.js';

// The page is a fold over what the registry says, so its tests say it instead: no socket is needed.
vi.mock('linkscope', async (original) => ({
	...(await original<typeof import('linkscope')>()),
	getConnectionInstrumentationStats: vi.fn(),
	onConnectionEvent: vi.fn(),
}));

const real = await vi.importActual<typeof import('linkscope')>('linkscope');
const HOSTILE = '<img src=x onerror=alert(1)>';
let model: Model;
let root: HTMLElement;
let tell: Parameters<typeof onConnectionEvent>[0];

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
	vi.stubGlobal(
		'ResizeObserver',
		class {
			observe() {}
			disconnect() {}
		},
	);
	vi.mocked(onConnectionEvent).mockImplementation((watcher) => {
		tell = watcher;
		return () => {};
	});
	show([]);
	history.replaceState(null, '', '#/');
	model = createModel();
	root = document.body.appendChild(document.createElement('div'));
	act(() => render(<App model={model} />, root));
});

afterEach(() => {
	act(() => render(null, root));
	root.remove();
	model.stop();
	vi.unstubAllGlobals();
	vi.useRealTimers();
});

function show(connections: ReturnType<typeof snapshots>, more: object = {}): void {
	const stats = real.getConnectionInstrumentationStats();
	const totals = { totalConnections: connections.length, activeConnections: connections.length };
	vi.mocked(getConnectionInstrumentationStats).mockReturnValue({
		...stats,
		connections,
		...totals,
		activeConnections: connections,
		global: { ...stats.global, ...totals },
		...more,
	});
}
const refresh = (): void => void act(() => model.refresh());
const rows = (): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('.virtual .row')];
const button = (name: string): HTMLElement => [...root.querySelectorAll<HTMLElement>('button')].find((one) => one.textContent?.startsWith(name)) as HTMLElement;
const click = (element: HTMLElement): void => void act(() => element.click());

describe('the page', () => {
	it('says what to do while there is nothing', () => {
		expect(root.textContent).toContain('No connection yet. Open one above.');
		expect(root.textContent).toContain('Nothing has happened yet.');
	});

	it('lists connections newest first, with purpose, traffic and end', () => {
		show(snapshots(2, { purpose: 'data', messagesSent: 12, bytesSent: 3400 }));
		refresh();
		expect(rows().map((row) => row.querySelector('.sub')?.textContent)).toEqual(['c2 · connected', 'c1 · connected']);
		expect(rows()[0]?.textContent).toContain('data');
		expect(rows()[0]?.textContent).toContain('3.4 kB');
	});

	it('renders few rows of ten thousand connections', () => {
		show(snapshots(10_000));
		refresh();
		expect(rows().length).toBeLessThan(60);
		expect(root.querySelector<HTMLElement>('.virtual-space')?.style.height).toBe('440000px');
	});

	it('filters by text and by state', () => {
		const [open, ended] = snapshots(2) as [never, ReturnType<typeof snapshots>[number]];
		show([
			open,
			{
				...ended,
				state: 'CLOSED',
				close: { code: 1000, reason: '', wasClean: true, initiatedBy: 'remote', verdict: { word: 'replaced', confidence: 1, evidence: 'reason text' } },
			},
		]);
		refresh();
		click(button('ended'));
		expect(rows()).toHaveLength(1);
		expect(rows()[0]?.textContent).toContain('replaced');
		act(() => {
			model.filter.value = { text: 'no such thing', state: 'all' };
		});
		expect(root.textContent).toContain('No connection matches the filter.');
	});

	it('moves through the list with the arrow keys', () => {
		show(snapshots(3));
		refresh();
		const list = root.querySelector('.virtual') as HTMLElement;
		for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) act(() => void list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })));
		expect(model.selectedId.value).toBe('c3');
		expect(rows()[0]?.getAttribute('aria-selected')).toBe('true');
	});

	it('opens and closes the detail of a connection', () => {
		show(snapshots(1, { stages: [{ name: 'connect', startedAt: '', durationMs: 12, messages: 0, budgetMs: 2000, overBudget: false, outcome: 'ok' }] }));
		refresh();
		click(rows()[0] as HTMLElement);
		const detail = root.querySelector('.detail') as HTMLElement;
		expect(detail.textContent).toContain('12 ms of 2.0 s');
		click(detail.querySelector('button') as HTMLElement);
		expect(root.querySelector('.detail')).toBeNull();
	});

	it('shows text of peers as text', () => {
		show(
			snapshots(1, {
				url: HOSTILE,
				label: HOSTILE,
				close: { code: 1000, reason: HOSTILE, wasClean: true, initiatedBy: 'remote', verdict: { word: 'normal', confidence: 1, evidence: HOSTILE } },
			}),
		);
		refresh();
		click(rows()[0] as HTMLElement);
		expect(root.querySelector('img')).toBeNull();
		expect(root.querySelector('.ending')?.textContent).toContain(HOSTILE);
	});

	it('logs events as they come, newest first and bounded, and can leave messages out', () => {
		const event = { time: 0, connectionId: 'c1', url: 'ws://x', transport: 'websocket', detail: '' } as const;
		for (let i = 0; i < 3000; i++) tell({ ...event, category: 'message', event: 'sent', detail: `${i} bytes` });
		tell({ ...event, category: 'lifecycle', event: 'closed', detail: '1000 bye' });
		refresh();
		expect(root.querySelectorAll('.log li')).toHaveLength(500);
		expect(root.querySelector('.log li')?.textContent).toContain('1000 bye');
		click(root.querySelector('.check input') as HTMLElement);
		expect(root.querySelectorAll('.log li')).toHaveLength(1);
	});

	it('keeps the shown moment while it is paused', () => {
		click(button('Pause'));
		show(snapshots(1));
		act(() => void vi.advanceTimersByTime(5000));
		expect(rows()).toHaveLength(0);
		click(button('Resume'));
		act(() => void vi.advanceTimersByTime(500));
		expect(rows()).toHaveLength(1);
	});

	it('copies the report', async () => {
		const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
		click(button('Report'));
		click(button('Copy'));
		await vi.waitFor(() => expect(root.querySelector('[role=status]')?.textContent).toBe('Copied.'), 25_000);
		expect(writeText).toHaveBeenCalledWith(expect.stringContaining('CONNECTION REPORT'));
	});
});

describe('navigation', () => {
	it('puts tab and connection into the address', () => {
		show(snapshots(1));
		refresh();
		click(rows()[0] as HTMLElement);
		click(button('Errors'));
		expect(location.hash).toBe('#/errors/c1');
	});

	it('follows the address', () => {
		show(snapshots(1));
		refresh();
		act(() => {
			history.replaceState(null, '', '#/report/c1');
			window.dispatchEvent(new HashChangeEvent('hashchange'));
		});
		expect(root.querySelector('[role=tab][aria-selected=true]')?.textContent).toBe('Report');
		expect(root.querySelector('.detail h2')?.textContent).toBe('c1');
	});

	it('ignores an address that means nothing', () => {
		act(() => {
			history.replaceState(null, '', `#/bogus/${encodeURIComponent(HOSTILE)}`);
			window.dispatchEvent(new HashChangeEvent('hashchange'));
		});
		expect(root.querySelector('[role=tab][aria-selected=true]')?.textContent).toBe('Live log');
		expect(root.textContent).toContain('no longer listed');
		expect(root.querySelector('img')).toBeNull();
	});

	it('becomes a step of the instrumentation', () => {
		const uninstall = installInstrumentation();
		const steps = (): string[] => real.getConnectionInstrumentationStats().navigation.map(({ path }) => path);
		click(button('Errors'));
		expect(steps().at(-1)).toContain('#/errors');
		uninstall();
	});
});
