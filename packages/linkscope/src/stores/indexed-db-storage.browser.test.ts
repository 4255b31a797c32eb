import { FakeClock } from '@linkscope/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { loadOrCreateIdentity, rotateIdentity } from './identity.js';
import { indexedDbStorage } from './indexed-db-storage.js';

// A passphrase costs some 100 ms each time, by intent, and far more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const QUOTA_BYTES = 2 ** 20;

// Before the first use: chromium remembers for a while how much is left.
beforeAll(() => cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin, quotaSize: QUOTA_BYTES }));
afterAll(() => cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin }));

let databases = 0;
const freshName = () => `linkscope-test-${databases++}`;

afterEach(() => {
	vi.unstubAllGlobals();
	for (let i = 0; i < databases; i++) indexedDB.deleteDatabase(`linkscope-test-${i}`);
});

/** Opens a database as a foreign program would. */
function openForeign(name: string, version: number, upgrade: (db: IDBDatabase) => void = () => {}): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, version);
		request.onupgradeneeded = () => upgrade(request.result);
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

describe('an IndexedDB storage', () => {
	it('keeps texts, replaces and removes them', async () => {
		const name = freshName();
		const storage = indexedDbStorage(name);
		expect(await storage.read('identity')).toBeNull();
		await storage.update('identity', (current) => `${current} and ünïcode`);
		await storage.update('trust', () => 'x');
		await storage.update('trust', () => null);
		expect(await indexedDbStorage(name).read('identity')).toBe('null and ünïcode');
		expect(await storage.read('trust')).toBeNull();
		await expect(storage.read('../x')).rejects.toThrow(TypeError);
	});

	it('loses no change, of this page or of another thread of its origin', async () => {
		const name = freshName();
		const workers = [1, 2].map(() => new Worker(new URL('./fixtures/storage-worker.ts', import.meta.url), { type: 'module' }));
		const done = workers.map((worker) => new Promise((resolve) => worker.addEventListener('message', resolve)));
		for (const worker of workers) worker.postMessage({ database: name, times: 25 });
		const storages = [indexedDbStorage(name), indexedDbStorage(name)];
		await Promise.all(Array.from({ length: 50 }, (_, i) => storages[i % 2]?.update('count', (current) => String(Number(current) + 1))));
		await Promise.all(done);
		expect(await storages[0]?.read('count')).toBe('100');
		for (const worker of workers) worker.terminate();
	});

	it('holds one identity for all that ask at once, and its rotation', async () => {
		const name = freshName();
		const identities = await Promise.all([1, 2, 3].map(() => loadOrCreateIdentity(indexedDbStorage(name), { passphrase: 'p' })));
		expect(new Set(identities.map(({ fingerprint }) => fingerprint)).size).toBe(1);
		const { identity } = await rotateIdentity(indexedDbStorage(name), { passphrase: 'p' });
		expect((await loadOrCreateIdentity(indexedDbStorage(name), { passphrase: 'p' })).fingerprint).toBe(identity.fingerprint);
		await expect(loadOrCreateIdentity(indexedDbStorage(name))).rejects.toMatchObject({ code: 'IDENTITY_PASSPHRASE' });
	});

	it('changes nothing where the change throws or the text is too long', async () => {
		const storage = indexedDbStorage(freshName());
		await storage.update('a', () => 'old');
		const refusal = new Error('no');
		await expect(
			storage.update('a', () => {
				throw refusal;
			}),
		).rejects.toBe(refusal);
		await expect(storage.update('a', () => 'x'.repeat(2 ** 23 + 1))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		expect(await storage.read('a')).toBe('old');
	});
});

describe('an IndexedDB storage that cannot be used', () => {
	const fails = async (name: string, message: RegExp) => {
		const storage = indexedDbStorage(name);
		await expect(storage.read('a')).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringMatching(message) });
		await expect(storage.update('a', () => 'x')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringMatching(message) });
	};

	it('says so where there is none, and where the page may not use it', async () => {
		vi.stubGlobal('indexedDB', undefined);
		await fails(freshName(), /this platform has none; in Node use fileStorage/);
		vi.stubGlobal('indexedDB', {
			open() {
				throw new DOMException('access is denied for this document', 'SecurityError');
			},
		});
		await fails(freshName(), /a frame in a sandbox needs allow-same-origin/);
		vi.stubGlobal('indexedDB', {
			open() {
				const request = { error: new DOMException('private window', 'InvalidStateError') } as { error: DOMException; onerror?: () => void };
				queueMicrotask(() => request.onerror?.());
				return request;
			},
		});
		await fails(freshName(), /some browsers have none in private windows/);
	});

	it('says so where the database is of another program, or upgraded', async () => {
		const name = freshName();
		(await openForeign(name, 1, (db) => db.createObjectStore('theirs'))).close();
		await fails(name, /another program made it/);
		(await openForeign(name, 2)).close();
		await fails(name, /a newer program has upgraded it/);
	});

	it('refuses what is no text, and leaves it there', async () => {
		const name = freshName();
		const db = await openForeign(name, 1, (created) => created.createObjectStore('texts'));
		db.transaction('texts', 'readwrite').objectStore('texts').put({ not: 'a text' }, 'a');
		db.close();
		const storage = indexedDbStorage(name);
		const failure = { code: 'STORE_UNREADABLE', message: expect.stringMatching(/^"a" in the IndexedDB database ".*" is no text/) };
		await expect(storage.read('a')).rejects.toMatchObject(failure);
		await expect(storage.update('a', () => 'x')).rejects.toMatchObject(failure);
		await expect(storage.read('a')).rejects.toMatchObject(failure);
	});

	it('gives up after 10 s behind a tab that holds what is to be deleted, and holds nothing up itself', async () => {
		const name = freshName();
		const other = await openForeign(name, 1, (db) => db.createObjectStore('texts'));
		const deletion = new Promise((resolve) => {
			indexedDB.deleteDatabase(name).onsuccess = resolve;
		});
		const clock = new FakeClock();
		const update = indexedDbStorage(name, { clock }).update('a', () => 'x');
		clock.advance(10_000);
		await expect(update).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringMatching(/no answer for 10 s; close other tabs/) });
		other.close();
		await deletion;
		expect(clock.pending).toBe(0);
		(await openForeign(name, 2)).close();
	});

	it('keeps the old text where the quota is used up', async () => {
		const name = freshName();
		const storage = indexedDbStorage(name);
		await storage.update('a', () => 'old');
		const update = storage.update('a', () => 'x'.repeat(2 * QUOTA_BYTES));
		await expect(update).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringMatching(/the quota of this origin is used up/) });
		expect(await storage.read('a')).toBe('old');
		await storage.update('a', (current) => `${current}, then new`);
		expect(await storage.read('a')).toBe('old, then new');
	});
});
