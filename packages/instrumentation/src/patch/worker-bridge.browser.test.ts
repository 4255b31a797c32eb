import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { patchWebSocket } from './index.js';

const url = inject('scriptedUrl');
const undos: (() => void)[] = [];
let recording: ReturnType<typeof startRecording>;

beforeEach(() => {
	recording = startRecording();
	undos.push(recording.stop);
});
afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
});

/** What the application of the worker posts, and nothing else. */
function startWorker(close: boolean): { worker: Worker; posted: unknown[] } {
	const worker = new Worker(new URL('./fixtures/worker.ts', import.meta.url), { type: 'module' });
	const posted: unknown[] = [];
	worker.onmessage = ({ data }) => posted.push(data);
	worker.postMessage({ url, close });
	undos.push(() => worker.terminate());
	return { worker, posted };
}

const install = () => undos.push(patchWebSocket({ observes: (remote) => remote.startsWith(url) }));

test("a worker's sockets join the page's, on the page's clock, and its application sees nothing of it", async () => {
	install();
	const before = performance.now();
	const { posted } = startWorker(true);
	await vi.waitFor(() => expect(recording.sockets[0]?.close).toBeTruthy(), { timeout: 5000 });
	expect(recording.sockets).toMatchObject([
		{
			id: expect.stringMatching(/^w\w+:c\d+$/),
			states: ['CONNECTING', 'ACTIVE', 'CLOSING', 'CLOSED'],
			bytesSent: 15,
			bytesReceived: 15,
			close: { code: 4000, reason: 'worked', initiatedBy: 'local' },
		},
	]);
	expect(posted).toEqual(['from the worker']);
	const at = recording.events[0]?.at ?? 0;
	// The two clocks are compared through the wall clock, which ticks in milliseconds.
	expect(at).toBeGreaterThan(before - 2);
	expect(at).toBeLessThan(performance.now() + 2);
});

test('a page that installs after the worker started still hears of it', async () => {
	const { posted } = startWorker(true);
	await vi.waitFor(() => expect(posted).toHaveLength(1), { timeout: 5000 });
	expect(recording.sockets).toEqual([]);
	install();
	await vi.waitFor(() => expect(recording.sockets[0]?.close).toBeTruthy(), { timeout: 5000 });
});

test('a page welcomes a worker whose script it loaded at once, and a stranger only after it let others answer', async () => {
	const clock = new FakeClock(performance.timeOrigin);
	const welcomed: string[] = [];
	const channel = new BroadcastChannel('@linkscope/instrumentation/workers@1');
	undos.push(() => channel.close());
	channel.onmessage = ({ data }) => data.type === 'welcome' && welcomed.push(data.worker);
	const uninstall = patchWebSocket({ clock });
	const [script] = performance.getEntriesByType('resource') as [PerformanceResourceTiming];
	const hello = (worker: string, origin: number) => channel.postMessage({ type: 'hello', worker, script: script.name, origin });
	hello('stranger', 0);
	hello('ours', performance.timeOrigin + script.startTime);
	await vi.waitFor(() => expect(welcomed).toEqual(['ours']), 25_000);
	clock.advance(100);
	await vi.waitFor(() => expect(welcomed).toEqual(['ours', 'stranger']), 25_000);

	hello('too late', 0);
	hello('last', performance.timeOrigin + script.startTime);
	await vi.waitFor(() => expect(welcomed).toHaveLength(3), 25_000);
	uninstall();
	expect(() => clock.advance(100)).not.toThrow();
});

test('with two workers the ids stay apart', async () => {
	install();
	startWorker(true);
	startWorker(true);
	await vi.waitFor(() => expect(recording.sockets.filter(({ close }) => close)).toHaveLength(2), { timeout: 5000 });
	expect(new Set(recording.sockets.map(({ id }) => id)).size).toBe(2);
});

test('a worker that is terminated takes its open sockets with it', async () => {
	install();
	const { worker, posted } = startWorker(false);
	await vi.waitFor(() => expect(posted).toHaveLength(1), { timeout: 5000 });
	await vi.waitFor(() => expect(recording.sockets[0]?.received).toBe(1), 25_000);
	worker.terminate();
	await vi.waitFor(() => expect(recording.sockets[0]?.close).toMatchObject({ reason: 'the worker ended', state: 'FAILED' }), { timeout: 5000 });
});

test.each([null, 1, { type: 'events' }, { type: 'events', page: 'p', worker: 'w', events: [null] }])(
	'what others post on the channel, as %j, throws nothing into the page',
	async (message) => {
		install();
		const thrown: unknown[] = [];
		const onError = (event: ErrorEvent): void => {
			thrown.push(event.message);
			event.preventDefault();
			event.stopImmediatePropagation();
		};
		addEventListener('error', onError, { capture: true });
		undos.push(() => removeEventListener('error', onError, { capture: true }));
		const channel = new BroadcastChannel('@linkscope/instrumentation/workers@1');
		const last = new BroadcastChannel('@linkscope/instrumentation/workers@1');
		undos.push(
			() => channel.close(),
			() => last.close(),
		);
		// Opened after the page's, so it hears what the page has heard.
		const heard = new Promise((resolve) => {
			last.onmessage = resolve;
		});
		channel.postMessage(message);
		await heard;
		expect(thrown).toEqual([]);
	},
);
