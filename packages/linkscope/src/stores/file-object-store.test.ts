import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, truncate, unlink, writeFile } from 'node:fs/promises';
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

	it('goes on behind a record that a full disk has cut short', async () => {
		const store = fileObjectStore(folder);
		const first = await store.put(object);
		await appendFile(join(folder, 'arrivals'), 'A5BYxvLAy0k');
		const others = [await store.put(new Uint8Array([7])), await store.put(new Uint8Array([8]))];
		expect((await store.list(null, 100)).map((each) => each.id)).toEqual([first, ...others]);
		expect(await listed()).toEqual([first, ...others]);
	});

	it('lists an object that could not be recorded at first', async () => {
		const store = fileObjectStore(folder);
		const other = await store.put(new Uint8Array([7]));
		const arrivals = join(folder, 'arrivals');
		await rename(arrivals, `${arrivals}.away`);
		await mkdir(arrivals);
		await expect(store.put(object)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		await rmdir(arrivals);
		await rename(`${arrivals}.away`, arrivals);
		await store.put(object);
		expect([...new Set((await store.list(null, 100)).map((each) => each.id))]).toEqual([other, id]);
		expect(await readdir(join(folder, 'drafts'))).toEqual([]);
	});

	it('begins anew where its folder was removed', async () => {
		const store = fileObjectStore(folder);
		const [known] = await Promise.all([store.put(object).then(() => store.list(null, 1))]);
		await rm(folder, { recursive: true });
		await expect(store.put(object)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringContaining('removed') });
		await store.put(object);
		expect(await store.list(known?.[0]?.cursor ?? null, 10)).toMatchObject([{ id }]);
	});

	it('lists as many at a time as it is asked for', async () => {
		const store = fileObjectStore(folder);
		await store.put(object);
		const record = (await readFile(join(folder, 'arrivals'))).subarray(54);
		await appendFile(join(folder, 'arrivals'), Buffer.alloc(5_000 * record.length, record));
		expect(await store.list(null, 4_000)).toHaveLength(4_000);
		expect(await store.list(null, Number.MAX_SAFE_INTEGER)).toHaveLength(5_001);
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
