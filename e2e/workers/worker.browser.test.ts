import { getConnectionInstrumentationStats, installInstrumentation } from '@linkscope/instrumentation';
import { expect, inject, test, vi } from 'vitest';

test('what a worker does that imports auto stands in the stats of its page', async () => {
	const echoUrl = inject('echoUrl');
	const uninstall = installInstrumentation({ include: [echoUrl] });
	const worker = new Worker(new URL('./chatty-worker.ts', import.meta.url), { type: 'module' });
	const answer = new Promise((resolve) => {
		worker.onmessage = ({ data }) => resolve(data);
	});
	worker.postMessage(echoUrl);
	expect(await answer).toBe('grüße');
	const ofWorker = () => getConnectionInstrumentationStats().connections.filter(({ id }) => id.startsWith('w'));
	await vi.waitFor(() => expect(ofWorker()[0]?.close).toBeTruthy(), { timeout: 5000 });
	expect(ofWorker()).toMatchObject([{ bytesSent: 7, bytesReceived: 7, messagesSent: 1, messagesReceived: 1, close: { code: 4000, reason: 'worked' } }]);
	worker.terminate();
	uninstall();
});
