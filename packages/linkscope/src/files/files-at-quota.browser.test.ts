import { Connection } from '@linkscope/core';
import { SyncPlugin } from '@linkscope/plugins';
import { createMemoryPair } from '@linkscope/transports/memory';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { cdp } from 'vitest/browser';
import { indexedDbObjectStore } from '../stores/indexed-db-object-store.js';
import { onFile, sendFile } from './files.browser.js';

// Before the first use: chromium remembers for a while how much is left.
beforeAll(() => cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin, quotaSize: 3 * 2 ** 20 }));
afterAll(() => cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin }));

it('a page whose space is used up says so, keeps the connection, and takes the next file where there is room', async () => {
	const name = 'linkscope-files-at-quota-test';
	onTestFinished(() => void indexedDB.deleteDatabase(name));
	const ends = createMemoryPair();
	const left = new Connection(ends[0], { plugins: [new SyncPlugin()] });
	const right = new Connection(ends[1], { plugins: [new SyncPlugin()], initiator: false });
	await Promise.all([left.open(), right.open()]);
	const store = indexedDbObjectStore(name);
	const outcomes: unknown[] = [];
	onFile(right, async (file) => {
		await file.accept(file.size > 100 ? { store } : {}).then(
			({ blob }) => outcomes.push(blob?.size),
			({ code, message }) => outcomes.push(`${code}: ${message}`),
		);
	});
	const parts = Array.from({ length: 160 }, () => crypto.getRandomValues(new Uint8Array(65_536)));
	await expect(sendFile(left, new Blob(parts))).rejects.toMatchObject({ code: 'FILE_FAILED' });
	expect(outcomes).toEqual([expect.stringMatching(/^STORE_UNWRITABLE: .*the quota of this origin is used up/)]);
	await sendFile(left, new Blob(['small']));
	expect(outcomes[1]).toBe(5);
	await left.close();
});
