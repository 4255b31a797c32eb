import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { sqlSessionStorage } from '../../sql.browser.js';
import { sampleSession } from '../fixtures/storage-suite.js';

describe('PGlite in IndexedDB', () => {
	const open = (where: string) => {
		const storage = sqlSessionStorage(where);
		onTestFinished(() => storage.close());
		return storage;
	};
	afterEach(async () => {
		for (const { name } of await indexedDB.databases()) if (name?.includes('linkscope')) indexedDB.deleteDatabase(name);
	});

	test('keeps sessions from one page to the next, which has it when the one before has let go', async () => {
		const where = 'idb://linkscope-sessions-test';
		const first = open(where);
		await first.write({ put: [sampleSession()], remove: [] });
		await expect(open(where).load()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_IN_USE' }));
		await first.close();
		expect(await open(where).load()).toMatchObject([{ sessionId: 's1', metadata: { page: '/home' } }]);
	});

	test('is all there is in a browser: other places are refused by name', () => {
		for (const where of ['./data', 'postgres://localhost/app', '', 7])
			expect(() => sqlSessionStorage(where as string)).toThrow(/^where must be idb:\/\/name or memory/);
	});
});
