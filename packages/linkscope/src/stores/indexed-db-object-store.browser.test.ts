import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectStoreSuite } from './fixtures/object-store-suite.js';
import { indexedDbObjectStore } from './indexed-db-object-store.js';

let count = 0;
let name = '';
beforeEach(() => {
	name = `linkscope-objects-test-${count++}`;
});
afterEach(() => {
	indexedDB.deleteDatabase(name);
});

describe('an IndexedDB object store', () => {
	objectStoreSuite(() => indexedDbObjectStore(name));

	it('makes way for a tab that deletes the database, and begins anew', async () => {
		const store = indexedDbObjectStore(name);
		const id = await store.put(new Uint8Array([1]));
		const [first] = await store.list(null, 1);
		await new Promise((resolve, reject) => {
			const request = indexedDB.deleteDatabase(name);
			request.onsuccess = resolve;
			request.onblocked = reject;
		});
		expect(await store.get(id)).toBeNull();
		await store.put(new Uint8Array([1]));
		// The old cursor is of another store.
		expect(await store.list(first?.cursor ?? null, 1)).toHaveLength(1);
	});

	it('says what to do where another program has the database', async () => {
		await new Promise((resolve) => {
			const request = indexedDB.open(name, 3);
			request.onsuccess = () => {
				request.result.close();
				resolve(null);
			};
		});
		await expect(indexedDbObjectStore(name).put(new Uint8Array([1]))).rejects.toMatchObject({
			code: 'STORE_UNWRITABLE',
			message: expect.stringContaining('give another name'),
		});
		expect(() => indexedDbObjectStore('')).toThrow(TypeError);
	});
});
