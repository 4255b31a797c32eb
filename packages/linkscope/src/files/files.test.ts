import { openAsBlob } from 'node:fs';
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloseCode, Connection } from '@linkscope/core';
import { type MemoryTransport, settle } from '@linkscope/core/testing';
import { AuthenticationPlugin, EncryptionPlugin, memoryObjectStore, objectId, StoreError, SyncPlugin } from '@linkscope/plugins';
import { createMemoryPair } from '@linkscope/transports/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdentity } from '../security/identity.js';
import { encodeChunkList, encodeManifest } from './file-manifest.js';
import { type AcceptOptions, onFile, sendFile } from './files.js';
import type { IncomingFile, ReceivedFile } from './incoming-file.js';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const CHUNK = 256 * 1024;

function sample(size: number, seed = 1): Uint8Array {
	const bytes = new Uint8Array(size);
	let state = seed;
	for (let i = 0; i < size; i++) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		bytes[i] = state >>> 24;
	}
	return bytes;
}

/** Vitest compares byte by byte what is megabytes. */
function expectSame(got: Uint8Array | ArrayBuffer | undefined, expected: Uint8Array): void {
	expect(Buffer.compare(new Uint8Array(got ?? new ArrayBuffer(0)), expected)).toBe(0);
}

async function pair({ cut }: { cut?: (sentBytes: number) => boolean } = {}) {
	const ends = createMemoryPair();
	const wire = { bytes: 0 };
	if (ends[0]) meter(ends[0] as MemoryTransport, wire, cut);
	const left = new Connection(ends[0], { plugins: [new SyncPlugin()] });
	const right = new Connection(ends[1], { plugins: [new SyncPlugin()], initiator: false });
	await Promise.all([left.open(), right.open()]);
	return { left, right, wire };
}

function meter(end: MemoryTransport, wire: { bytes: number }, cut: (sentBytes: number) => boolean = () => false): void {
	const send = end.send.bind(end);
	end.send = (payload) => {
		if (payload instanceof Uint8Array) wire.bytes += payload.length;
		if (cut(wire.bytes)) end.terminate();
		return send(payload);
	};
}

/** Accepts the next file. */
function accepted(connection: Connection, options: AcceptOptions): Promise<ReceivedFile> {
	return new Promise((resolve, reject) => {
		const off = onFile(connection, async (file) => {
			off();
			await file.accept(options).then(resolve, reject);
		});
	});
}

describe('a file', () => {
	it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 77])('of %i bytes arrives as it is, at a path and as a blob', async (size) => {
		const { left, right } = await pair();
		const bytes = sample(size);
		await writeFile(join(folder, 'from.bin'), bytes);
		const path = join(folder, 'sub', 'to.bin');
		const received = accepted(right, { path });
		const progress: number[] = [];
		const sent = await sendFile(left, join(folder, 'from.bin'), { onProgress: ({ bytes }) => progress.push(bytes) });
		expect(sent.size).toBe(size);
		expect(await received).toEqual({ name: 'from.bin', type: '', size, path });
		expectSame(await readFile(path), bytes);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readdir(join(folder, 'sub'))).toEqual(['to.bin']);
		expect(progress.at(-1)).toBe(size);

		const blob = accepted(right, {});
		await sendFile(left, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/png' }), { name: 'picture.png' });
		const picture = await blob;
		expect(picture).toMatchObject({ name: 'picture.png', type: 'image/png', size });
		expectSame(await picture.blob?.arrayBuffer(), bytes);
	});

	it('tells the receiver how far it is', async () => {
		const { left, right } = await pair();
		const seen: number[] = [];
		const received = accepted(right, { onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes) });
		await sendFile(left, new Blob([sample(8 * CHUNK) as Uint8Array<ArrayBuffer>]));
		await received;
		expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i / 8));
	});

	it('travels over an encrypted connection, several at once and both ways', async () => {
		const ends = createMemoryPair({ delivery: 'burst' });
		const plugins = () => [new AuthenticationPlugin({ identity: createIdentity() }), new EncryptionPlugin(), new SyncPlugin()];
		const [left, right] = [new Connection(ends[0], { plugins: plugins() }), new Connection(ends[1], { plugins: plugins(), initiator: false })];
		await Promise.all([left.open(), right.open()]);
		for (const each of [left, right]) onFile(each, async (file) => void (await file.accept({ folder: join(folder, each.id) })));
		const blobs = [1, 2, 3, 4, 5].map((seed) => new File([sample(3 * CHUNK + seed, seed) as Uint8Array<ArrayBuffer>], 'same name.bin'));
		await Promise.all(blobs.flatMap((blob) => [sendFile(left, blob), sendFile(right, blob)]));
		for (const each of [left, right]) {
			const names = (await readdir(join(folder, each.id))).sort();
			expect(names).toEqual(['same name (2).bin', 'same name (3).bin', 'same name (4).bin', 'same name (5).bin', 'same name.bin']);
		}
		await left.close();
	});

	it('with equal parts sends them once', async () => {
		const { left, right, wire } = await pair();
		const received = accepted(right, { path: join(folder, 'zeros') });
		await sendFile(left, new Blob([new Uint8Array(20 * CHUNK + 5)]));
		await received;
		expectSame(await readFile(join(folder, 'zeros')), new Uint8Array(20 * CHUNK + 5));
		expect(wire.bytes).toBeLessThan(2 * CHUNK);
	});

	it('needs a SyncPlugin, and says so', async () => {
		const [end] = createMemoryPair();
		const connection = new Connection(end);
		await expect(sendFile(connection, new Blob(['x']))).rejects.toMatchObject({
			code: 'PLUGIN_NOT_FOUND',
			message: expect.stringContaining('new SyncPlugin()'),
		});
		expect(() => onFile(connection, () => {})).toThrow('new SyncPlugin()');
		await expect(sendFile(connection, 7 as never)).rejects.toThrow(TypeError);
		for (const nobody of [undefined, 'ws://127.0.0.1', { onMessage: {} }]) {
			await expect(sendFile(nobody as never, new Blob())).rejects.toThrow(/^files go over a connection or to a peer/);
			expect(() => onFile(nobody as never, () => {})).toThrow(/^files go over a connection or to a peer/);
		}
	});
});

describe('a file that is not received', () => {
	const file = () => new Blob(['hello']);

	it('is refused where nobody accepts it, where it is too large, and where nobody listens', async () => {
		const { left, right } = await pair();
		await expect(sendFile(left, file())).rejects.toMatchObject({ code: 'FILE_REFUSED', message: expect.stringContaining('onFile') });
		const handler = vi.fn();
		const off = onFile(right, handler, { maxBytes: 5 });
		await expect(sendFile(left, file())).rejects.toMatchObject({ code: 'FILE_REFUSED' });
		expect(handler).toHaveBeenCalledOnce();
		await expect(sendFile(left, new Blob(['hello!']))).rejects.toMatchObject({ code: 'FILE_REFUSED' });
		expect(handler).toHaveBeenCalledOnce();
		// Too late.
		await expect(handler.mock.calls[0]?.[0].accept()).rejects.toThrow('before the handler');
		expect(() => onFile(right, handler)).toThrow(TypeError);
		off();
		onFile(right, handler);
	});

	it('does not end a process that does not wait for it', async () => {
		const { left, right } = await pair();
		onFile(right, (incoming) => void incoming.accept({ path: join(folder, 'no', '\0') }));
		await expect(sendFile(left, file())).rejects.toMatchObject({ code: 'FILE_FAILED' });
	});

	it('replaces nothing, unless asked to', async () => {
		const { left, right } = await pair();
		const path = join(folder, 'there');
		await writeFile(path, 'old');
		const first = accepted(right, { path });
		await expect(Promise.all([sendFile(left, file()), first])).rejects.toMatchObject({ code: expect.stringMatching('FILE_FAILED|FILE_EXISTS') });
		await expect(first).rejects.toMatchObject({ code: 'FILE_EXISTS' });
		expect(await readFile(path, 'utf8')).toBe('old');
		// One that comes while the file is on its way is safe as well.
		const late = accepted(right, { path: join(folder, 'late'), onProgress: () => void writeFile(join(folder, 'late'), 'mine') });
		late.catch(() => {});
		await sendFile(left, file()).catch(() => {});
		await expect(late).rejects.toMatchObject({ code: 'FILE_EXISTS' });
		const third = accepted(right, { path, overwrite: true });
		await sendFile(left, file());
		await third;
		expect(await readFile(path, 'utf8')).toBe('hello');
	});

	it('says what was wrong with the place, and with the file', async () => {
		const { left, right } = await pair();
		await writeFile(join(folder, 'plain'), '');
		for (const options of [{ path: join(folder, 'plain', 'x') }, { folder, path: 'x' }]) {
			const received = accepted(right, options);
			received.catch(() => {});
			await expect(sendFile(left, file())).rejects.toMatchObject({ code: 'FILE_FAILED' });
			await expect(received).rejects.toThrow();
		}
		await expect(sendFile(left, join(folder, 'missing'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('no such file') });
		await expect(sendFile(left, folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
	});

	it.each<[string, (folder: string) => AcceptOptions, RegExp]>([
		[
			'the folder is gone',
			(folder) => ({ path: join(folder, 'to', 'x'), onProgress: ({ bytes }) => bytes > 0 && rm(join(folder, 'to'), { recursive: true }) }),
			/FILE_UNWRITABLE.*removed/,
		],
		['a folder is there', (folder) => ({ path: folder, overwrite: true }), /FILE_UNWRITABLE.*a folder stands/],
		[
			'the store fails',
			() => ({ store: { ...memoryObjectStore(), put: () => Promise.reject(new StoreError('STORE_UNWRITABLE', 'full')) } }),
			/STORE_UNWRITABLE full/,
		],
		['the store forgets', () => ({ store: { ...memoryObjectStore(), get: async () => null } }), /STORE_UNREADABLE.*lost/],
		[
			'onProgress throws',
			() => ({
				onProgress: () => {
					throw new Error('boom');
				},
			}),
			/undefined boom/,
		],
	])('tells its receiver why it failed where %s', async (_, options, expected) => {
		const { left, right } = await pair();
		const received = accepted(right, options(folder)).catch(({ code, message }) => `${code} ${message}`);
		await expect(sendFile(left, file(), { name: 'a.txt' })).rejects.toMatchObject({ code: 'FILE_FAILED', message: expect.stringContaining('a.txt') });
		expect(await received).toMatch(expected);
		expect([left.state, right.state]).toEqual(['ACTIVE', 'ACTIVE']);
	});

	it('tells its sender why it failed where that is its own affair', async () => {
		const { left, right } = await pair();
		onFile(right, (incoming) => void incoming.accept());
		const path = join(folder, 'log');
		await writeFile(path, sample(CHUNK));
		const blob = await openAsBlob(path);
		await writeFile(path, 'shorter');
		await expect(sendFile(left, blob, { name: 'log' })).rejects.toMatchObject({
			code: 'FILE_UNREADABLE',
			message: expect.stringMatching(/^could not read log: .*changed/),
		});
		let slices = 0;
		const fading = file();
		const { slice } = fading;
		fading.slice = (...range) => (++slices > 1 ? blob.slice() : slice.apply(fading, range));
		await expect(sendFile(left, fading)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
		const boom = () => {
			throw new Error('boom');
		};
		await expect(sendFile(left, file(), { onProgress: boom })).rejects.toThrow('boom');
		await sendFile(left, file());
	});

	it('was changed while it was sent', async () => {
		const { left, right } = await pair();
		const path = join(folder, 'log');
		await writeFile(path, sample(3 * CHUNK));
		onFile(right, async (incoming) => {
			await writeFile(path, sample(3 * CHUNK, 2));
			await incoming.accept({ path: join(folder, 'copy') });
		});
		await expect(sendFile(left, path)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
		expect(await readdir(folder)).not.toContain('copy');
	});

	it('is taken back by its sender, or left by its receiver', async () => {
		const { left, right } = await pair();
		const taken = new AbortController();
		let seen: IncomingFile<AcceptOptions> | undefined;
		const off = onFile(right, async (incoming) => {
			seen = incoming;
			await new Promise((resolve) => incoming.signal.addEventListener('abort', resolve));
		});
		const sending = sendFile(left, file(), { signal: taken.signal });
		await vi.waitFor(() => expect(seen).toBeDefined());
		taken.abort();
		await expect(sending).rejects.toMatchObject({ code: 'SYNC_ABORTED' });
		await settle();
		expect(seen?.signal.aborted).toBe(true);
		off();
		const left_ = new AbortController();
		const received = accepted(right, { path: join(folder, 'copy'), signal: left_.signal, onProgress: ({ bytes }) => bytes > 0 && left_.abort() });
		received.catch(() => {});
		await expect(sendFile(left, new Blob([sample(90 * CHUNK) as Uint8Array<ArrayBuffer>]))).rejects.toMatchObject({ code: 'FILE_FAILED' });
		await expect(received).rejects.toMatchObject({ code: 'SYNC_ABORTED' });
		expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.linkscope-[0-9a-f]{32}\.part$/)]);
	});
});

describe('a file whose connection is cut', () => {
	const bytes = sample(40 * CHUNK + 9);
	const blob = new File([bytes as Uint8Array<ArrayBuffer>], 'film');

	it('goes on at its place where it stopped, whatever is damaged there', async () => {
		const first = await pair({ cut: (sent) => sent > 25 * CHUNK });
		const cut = accepted(first.right, { folder });
		cut.catch(() => {});
		await expect(sendFile(first.left, blob)).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
		await expect(cut).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
		const [part = ''] = await readdir(folder);
		const file = await open(join(folder, part), 'r+');
		await file.write(new Uint8Array([1, 2, 3]), 0, 3, 2 * CHUNK);
		await file.close();
		await appendFile(join(folder, part), new Uint8Array(bytes.length));

		const next = await pair();
		const seen: number[] = [];
		const received = accepted(next.right, { folder, onProgress: (progress) => seen.push(progress.bytes) });
		await sendFile(next.left, blob);
		await received;
		expect(seen[0]).toBeGreaterThan(15 * CHUNK);
		expect(next.wire.bytes).toBeLessThan(25 * CHUNK);
		expectSame(await readFile(join(folder, 'film')), bytes);
		expect(await readdir(folder)).toEqual(['film']);
	});

	it('goes on in a store as well', async () => {
		const store = memoryObjectStore();
		const first = await pair({ cut: (sent) => sent > 25 * CHUNK });
		const cut = accepted(first.right, { store });
		cut.catch(() => {});
		await sendFile(first.left, blob).catch(() => {});
		const next = await pair();
		const received = accepted(next.right, { store });
		await sendFile(next.left, blob);
		expectSame(await (await received).blob?.arrayBuffer(), bytes);
		expect(next.wire.bytes).toBeLessThan(25 * CHUNK);
	});
});

describe('a hostile sender', () => {
	/** Offers what the test makes up. */
	async function offer(manifest: Parameters<typeof encodeManifest>[0] | Uint8Array, objects: readonly Uint8Array[]) {
		const { left, right } = await pair();
		const sync = left.plugin<SyncPlugin>('sync');
		const bytes = manifest instanceof Uint8Array ? manifest : encodeManifest(manifest);
		for (const object of [bytes, ...objects]) await sync.store.put(object);
		const received = accepted(right, { folder });
		received.catch(() => {});
		const outcome = await sync.offer(objectId(bytes), 'file');
		return { outcome, received, right };
	}
	const list = encodeChunkList([objectId(sample(2000)), objectId(sample(48))]);
	const manifest = { name: 'x', type: '', size: 2048, chunkBytes: 1024, chunks: objectId(list) };

	it.each([
		['that is no manifest', new Uint8Array([1, 2, 3]), []],
		['of another type', new TextEncoder().encode('{"type":"folder"}'), []],
		['with fewer chunks than it needs', { ...manifest, chunks: objectId(list.slice(0, 32)) }, [list.slice(0, 32)]],
		['with more chunks than can be', { ...manifest, size: Number.MAX_SAFE_INTEGER }, []],
		['with chunks of another length', manifest, [list, sample(2000), sample(48)]],
		['without its list', manifest, []],
		['without a chunk', { ...manifest, size: 2048 }, [list, sample(48)]],
	] as const)('of a file %s fails, and the connection goes on', async (_, described, objects) => {
		const { outcome, right } = await offer(described as never, objects);
		expect(outcome).toBe('failed');
		expect(right.state).toBe('ACTIVE');
		expect((await readdir(folder)).filter((name) => !name.endsWith('.part'))).toEqual([]);
	});

	it('makes nobody hold what is larger than a manifest', async () => {
		const { left, right, wire } = await pair();
		onFile(right, () => {});
		const sync = left.plugin<SyncPlugin>('sync');
		const large = await sync.store.put(sample(16 * 1024 + 1));
		await expect(sync.offer(large, 'file')).rejects.toMatchObject({ code: 'SYNC_INTERRUPTED' });
		expect([right.closeInfo?.code, wire.bytes]).toEqual([CloseCode.TOO_BIG, 0]);
	});

	it('gets no file together from what is in the store and does not fit', async () => {
		const { left, right } = await pair();
		const store = memoryObjectStore();
		for (const object of [sample(2000), sample(48)]) await store.put(object);
		const received = accepted(right, { store }).catch(({ code }) => code);
		const sync = left.plugin<SyncPlugin>('sync');
		const bytes = encodeManifest(manifest);
		for (const object of [bytes, list]) await sync.store.put(object);
		expect(await sync.offer(objectId(bytes), 'file')).toBe('failed');
		expect(await received).toBe('FILE_MALFORMED');
	});

	it('cannot choose a path', async () => {
		const empty = encodeChunkList([]);
		const { received } = await offer({ name: '../../.ssh/authorized_keys', type: 'text/html; evil', size: 0, chunkBytes: 1024, chunks: objectId(empty) }, [
			empty,
		]);
		expect(await received).toMatchObject({ name: 'authorized_keys', type: '', path: join(folder, 'authorized_keys') });
	});
});
