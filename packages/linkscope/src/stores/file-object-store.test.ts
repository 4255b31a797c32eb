import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@linkscope/core/testing';
import { memoryObjectStore, objectId } from '@linkscope/plugins';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileObjectStore } from './file-object-store.js';
import { objectStoreSuite } from './fixtures/object-store-suite.js';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-objects-'));
	await chmod(folder, 0o700);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const object = new Uint8Array([1, 2, 3]);
const id = objectId(object);
const hex = Buffer.from(id, 'base64url').toString('hex');
const pathOf = () => join(folder, hex.slice(0, 2), hex.slice(2));
const listed = async () => (await fileObjectStore(folder).list(null, 100)).map((each) => each.id);

describe('an object store in memory', () => {
	let store = memoryObjectStore();
	beforeEach(() => {
		store = memoryObjectStore();
	});
	objectStoreSuite(() => store);
});

describe('an object store in files', () => {
	objectStoreSuite(() => fileObjectStore(folder));

	it('lets nobody else read it, and leaves no drafts', async () => {
		await fileObjectStore(folder).put(object);
		expect((await stat(pathOf())).mode & 0o777).toBe(0o600);
		for (const each of ['drafts', hex.slice(0, 2)]) expect((await stat(join(folder, each))).mode & 0o777).toBe(0o700);
		expect((await stat(join(folder, 'arrivals'))).mode & 0o777).toBe(0o600);
		expect(await readdir(join(folder, 'drafts'))).toEqual([]);
	});

	it('puts aside what does not hold what its name says, and takes it anew', async () => {
		const store = fileObjectStore(folder);
		await store.put(object);
		await writeFile(pathOf(), 'xyz');
		await expect(store.get(id)).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringContaining('put aside') });
		expect(await store.size(id)).toBeNull();
		expect(await listed()).toEqual([]);
		expect(await readFile(`${pathOf()}.damaged`, 'utf8')).toBe('xyz');
		await store.put(object);
		expect(await store.get(id)).toEqual(object);
		expect(new Set(await listed())).toEqual(new Set([id]));
	});

	it('replaces what was cut short', async () => {
		const store = fileObjectStore(folder);
		await store.put(object);
		await truncate(pathOf(), 1);
		await store.put(object);
		expect(await store.get(id)).toEqual(object);
	});

	it.each([
		['written its draft', async () => writeFile(join(folder, 'drafts', `${hex}.0011`), object), []],
		[
			'named the object and not recorded it',
			async () => {
				await mkdir(join(folder, hex.slice(0, 2)), { recursive: true });
				await writeFile(pathOf(), object);
				await writeFile(join(folder, 'drafts', `${hex}.0011`), object);
			},
			[id],
		],
		['recorded a part', async () => writeFile(join(folder, 'arrivals'), 'A5BYxvLAy0k', { flag: 'a' }), []],
	] as const)('is whole after a process was killed that had %s', async (_, crash, expected) => {
		const other = await fileObjectStore(folder).put(new Uint8Array([7]));
		await crash();
		expect(await listed()).toEqual([other, ...expected]);
		await fileObjectStore(folder).put(object);
		// Perhaps twice.
		expect([...new Set(await listed())]).toEqual([other, id]);
		expect(await fileObjectStore(folder).get(id)).toEqual(object);
	});

	it('removes what others left behind an hour ago, and not what they write now', async () => {
		await fileObjectStore(folder).put(object);
		const draft = join(folder, 'drafts', `${'0'.repeat(64)}.0011`);
		await writeFile(draft, 'x');
		const clock = new FakeClock((await stat(draft)).mtimeMs);
		await fileObjectStore(folder, { clock }).size(id);
		expect(await readdir(join(folder, 'drafts'))).toHaveLength(1);
		clock.jumpEpoch(3_600_001);
		await fileObjectStore(folder, { clock }).size(id);
		expect(await readdir(join(folder, 'drafts'))).toEqual([]);
	});

	it('leaves out what was removed by hand', async () => {
		const store = fileObjectStore(folder);
		await store.put(object);
		const other = await store.put(new Uint8Array([7]));
		await unlink(pathOf());
		expect(await store.list(null, 1)).toMatchObject([{ id: other }]);
	});

	it('says what to do where the folder is not ours, and is tried again', async () => {
		await writeFile(join(folder, 'arrivals'), 'my diary');
		const store = fileObjectStore(folder);
		await expect(store.list(null, 1)).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringContaining('give another folder') });
		await unlink(join(folder, 'arrivals'));
		expect(await store.list(null, 1)).toEqual([]);
		await expect(fileObjectStore(join(folder, 'arrivals', 'x')).put(object)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		await chmod(folder, 0o777);
		await expect(fileObjectStore(folder).put(object)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		expect(() => fileObjectStore('')).toThrow(TypeError);
		await expect(store.get('../../etc/passwd')).rejects.toThrow(TypeError);
	});
});
