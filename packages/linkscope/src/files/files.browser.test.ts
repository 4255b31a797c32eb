import { Connection } from '@linkscope/core';
import { SyncPlugin } from '@linkscope/plugins';
import { createMemoryPair } from '@linkscope/transports/memory';
import { expect, it, onTestFinished } from 'vitest';
import { indexedDbObjectStore } from '../stores/indexed-db-object-store.js';
import { onFile, sendFile } from './files.browser.js';
import type { ReceivedFile } from './incoming-file.js';

const bytes = crypto.getRandomValues(new Uint8Array(65_536));
const film = new File(Array(50).fill(bytes), 'film.webm', { type: 'video/webm' });

async function pair() {
	const ends = createMemoryPair();
	const [left, right] = [new Connection(ends[0], { plugins: [new SyncPlugin()] }), new Connection(ends[1], { plugins: [new SyncPlugin()], initiator: false })];
	await Promise.all([left.open(), right.open()]);
	return { left, right };
}

it('a page sends a File, and another receives it as a blob and keeps it in IndexedDB', async () => {
	const name = 'linkscope-files-test';
	onTestFinished(() => void indexedDB.deleteDatabase(name));
	const { left, right } = await pair();
	const store = indexedDbObjectStore(name);
	const received: ReceivedFile[] = [];
	const starts: number[] = [];
	onFile(right, async (file) => {
		const seen: number[] = [];
		received.push(await file.accept({ store, onProgress: ({ bytes }) => void seen.push(bytes) }));
		starts.push(seen[0] ?? -1);
	});
	await sendFile(left, film);
	await sendFile(left, film);
	// The second time it was there.
	expect(starts).toEqual([0, film.size]);
	for (const { blob, name, type } of received) {
		expect([name, type]).toEqual(['film.webm', 'video/webm']);
		expect(await crypto.subtle.digest('SHA-256', (await blob?.arrayBuffer()) as ArrayBuffer)).toEqual(
			await crypto.subtle.digest('SHA-256', await film.arrayBuffer()),
		);
	}
	await left.close();
});

it('a page has no paths', async () => {
	const { left, right } = await pair();
	await expect(sendFile(left, '/etc/passwd' as never)).rejects.toThrow('Blob');
	onFile(right, async (file) => void (await file.accept({ path: 'x' } as never)));
	await expect(sendFile(left, film)).rejects.toMatchObject({ code: 'FILE_FAILED' });
});
