import { afterEach, expect, inject, test, vi } from 'vitest';
import { startRecording } from './fixtures/recording.js';
import { patchWebSocket, patchWorkerConstructor, workerScript } from './index.js';

const url = inject('scriptedUrl');
const undos: (() => void)[] = [];
afterEach(() => {
	for (const undo of undos.splice(0).reverse()) undo();
});

const script = new URL('./fixtures/install-in-worker.ts', import.meta.url).href;
const plainWorker = new URL('./fixtures/plain-worker.ts', import.meta.url).href;

test('a worker that knows nothing of linkscope is observed when asked for', async () => {
	const Native = globalThis.Worker;
	const recording = startRecording();
	undos.push(recording.stop);
	const unpatch = patchWorkerConstructor(script);
	undos.push(unpatch, patchWebSocket({ observes: (remote) => remote.startsWith(url) }));
	const worker = new Worker(plainWorker, { type: 'module' });
	undos.push(() => worker.terminate());
	expect(worker).toBeInstanceOf(Native);
	const answer = new Promise((resolve) => {
		worker.onmessage = ({ data }) => resolve(data);
	});
	worker.postMessage(url);
	expect(await answer).toBe('plain');
	await vi.waitFor(() => expect(recording.sockets).toMatchObject([{ sent: 1, received: 1, close: { code: 4000 } }]), { timeout: 5000 });
	unpatch();
	expect(globalThis.Worker).toBe(Native);
});

test('a worker from a blob starts as it is, and a URL that is none throws as before', async () => {
	undos.push(patchWorkerConstructor(script));
	const blob = URL.createObjectURL(new Blob(['postMessage(location.href)']));
	const worker = new Worker(blob);
	URL.revokeObjectURL(blob);
	undos.push(() => worker.terminate());
	expect(await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)))).toBe(blob);
	expect(() => new Worker('http://')).toThrow(DOMException);
});

test('workers: true says what to do where no script tag loaded linkscope', () => {
	expect(() => workerScript(true)).toThrow(/workers must name the URL/);
	expect(workerScript(script)).toBe(script);
	expect(workerScript(false)).toBeUndefined();
});
