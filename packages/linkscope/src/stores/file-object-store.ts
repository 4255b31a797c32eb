import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Clock, systemClock } from '@linkscope/core';
import { checkObject, cursorAt, isObjectId, type ObjectStore, objectId, positionOf, type StoredObject, StoreError } from '@linkscope/plugins';
import { asStoreError, syncFolder, writeDurably } from './durable-file.js';
import { lockFile } from './file-lock.js';
import { newArrivals, ObjectArrivals } from './object-arrivals.js';
import { makePrivateFolder } from './private-file.js';

/** A draft this old belongs to nobody any more. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * Keeps each object in a file of its own, readable by this user alone, in folders by the first byte of its name. An object is there whole or not at all,
 * whatever happens to the process, and processes may share the folder. What is read is checked: a file that does not hold what its name says is put aside.
 * @param folder made when the store is first used.
 */
export function fileObjectStore(folder: string, options: { clock?: Clock } = {}): ObjectStore {
	if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) throw new TypeError('folder must be the path of a folder');
	const files = new ObjectFiles(resolve(folder), options.clock ?? systemClock);
	return {
		size: (id) => files.size(id),
		get: (id) => files.get(id),
		put: (bytes, id) => files.put(bytes, checkObject(bytes, id)),
		list: (after, limit) => files.list(after, limit),
	};
}

class ObjectFiles {
	readonly #home: string;
	readonly #clock: Clock;
	readonly #arrivals: ObjectArrivals;
	/** Its name, once it was opened. */
	#opened: Promise<string> | null = null;

	constructor(home: string, clock: Clock) {
		this.#home = home;
		this.#clock = clock;
		this.#arrivals = new ObjectArrivals(this.#arrivalsPath);
	}

	async size(id: string): Promise<number | null> {
		await this.#open();
		return this.#sizeOf(id).catch((error) => Promise.reject(asStoreError('STORE_UNREADABLE', this.#pathOf(id), error)));
	}

	async get(id: string): Promise<Uint8Array | null> {
		await this.#open();
		const path = this.#pathOf(id);
		const bytes = await readFile(path).catch((error) => (isMissing(error) ? null : Promise.reject(asStoreError('STORE_UNREADABLE', path, error))));
		if (bytes === null) return null;
		if (objectId(bytes) === id) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
		await rename(path, `${path}.damaged`).catch(() => {});
		throw new StoreError('STORE_UNREADABLE', `${path} does not hold what its name says; it was put aside as .damaged, and a synchronisation brings it again`);
	}

	async put(bytes: Uint8Array, id: string): Promise<string> {
		await this.#open();
		const path = this.#pathOf(id);
		try {
			if ((await this.#sizeOf(id)) !== bytes.length) await this.#write(id, bytes, path);
			return id;
		} catch (error) {
			// The next call makes again what was removed, and records what has only its name.
			this.#opened = null;
			throw asStoreError('STORE_UNWRITABLE', path, error);
		}
	}

	async list(after: string | null, limit: number): Promise<readonly StoredObject[]> {
		const name = await this.#open();
		try {
			let position = positionOf(name, after);
			for (;;) {
				const arrivals = await this.#arrivals.from(position, limit);
				const sizes = await Promise.all(arrivals.map(({ id }) => this.#sizeOf(id)));
				const found = arrivals.flatMap(({ id, position }, i) => {
					const size = sizes[i];
					return typeof size === 'number' ? [{ id, size, cursor: cursorAt(name, position) }] : [];
				});
				if (found.length > 0 || arrivals.length === 0) return found;
				position = arrivals.at(-1)?.position ?? position;
			}
		} catch (error) {
			throw asStoreError('STORE_UNREADABLE', this.#arrivalsPath, error);
		}
	}

	async #write(id: string, bytes: Uint8Array, path: string): Promise<void> {
		const draft = join(this.#draftsPath, `${hexOf(id)}.${randomBytes(8).toString('hex')}`);
		try {
			await writeDurably(draft, bytes);
			await mkdir(dirname(path), { mode: 0o700 }).catch(unless('EEXIST'));
			await giveName(draft, path);
		} catch (error) {
			await unlink(draft).catch(() => {});
			throw error;
		}
		await syncFolder(dirname(path));
		// Behind the name: who has seen the record finds the object. The draft tells of one that was named and not recorded.
		await this.#arrivals.append(id, bytes.length);
		await unlink(draft).catch(() => {});
	}

	get #arrivalsPath(): string {
		return join(this.#home, 'arrivals');
	}

	get #draftsPath(): string {
		return join(this.#home, 'drafts');
	}

	#pathOf(id: string): string {
		if (!isObjectId(id)) throw new TypeError('the name of an object is 43 characters of base64url');
		// Hexadecimal: there are file systems that know no case.
		const hex = hexOf(id);
		return join(this.#home, hex.slice(0, 2), hex.slice(2));
	}

	async #sizeOf(id: string): Promise<number | null> {
		const stats = await stat(this.#pathOf(id)).catch((error) => (isMissing(error) ? null : Promise.reject(error)));
		return stats?.isFile() ? stats.size : null;
	}

	#open(): Promise<string> {
		this.#opened ??= this.#prepare().catch((error) => {
			// The next call tries again.
			this.#opened = null;
			throw asStoreError('STORE_UNWRITABLE', this.#home, error);
		});
		return this.#opened;
	}

	async #prepare(): Promise<string> {
		await makePrivateFolder(this.#home);
		await mkdir(this.#draftsPath, { mode: 0o700 }).catch(unless('EEXIST'));
		const lock = await lockFile(`${this.#arrivalsPath}.lock`, this.#clock);
		try {
			await this.#begin();
			await this.#adoptDrafts();
		} finally {
			await lock.release().catch(() => {});
		}
		const name = await this.#arrivals.storeName();
		if (name === null) throw new StoreError('STORE_UNREADABLE', `${this.#arrivalsPath} is none of linkscope; give another folder`);
		return name;
	}

	/** The log, whole or not at all. */
	async #begin(): Promise<void> {
		const found = await stat(this.#arrivalsPath).catch((error) => (isMissing(error) ? null : Promise.reject(error)));
		if (found) return;
		const draft = join(this.#draftsPath, `arrivals.${randomBytes(8).toString('hex')}`);
		await writeDurably(draft, newArrivals());
		await rename(draft, this.#arrivalsPath);
		await syncFolder(this.#home);
	}

	/** What a process left behind that was killed: an object that has its name is recorded, perhaps again; what has none is removed when it is old. */
	async #adoptDrafts(): Promise<void> {
		for (const draft of await readdir(this.#draftsPath)) {
			const path = join(this.#draftsPath, draft);
			const id = idOf(draft.split('.')[0] ?? '');
			const size = id === null ? null : await this.#sizeOf(id);
			if (id !== null && size !== null) await this.#arrivals.append(id, size);
			else if (!(await this.#isAbandoned(path))) continue;
			await unlink(path).catch(() => {});
		}
	}

	async #isAbandoned(path: string): Promise<boolean> {
		const stats = await stat(path).catch(() => null);
		return stats !== null && this.#clock.epoch() - stats.mtimeMs > ABANDONED_AFTER_MS;
	}
}

/** A second name, so that the draft stays until the arrival is recorded; where the file system knows no links it is renamed, and a crash right then leaves the object unlisted. */
async function giveName(draft: string, path: string): Promise<void> {
	try {
		await link(draft, path);
	} catch (error) {
		const { code } = error as { code?: string };
		if (code === 'EEXIST' || code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') await rename(draft, path);
		else throw error;
	}
}

const hexOf = (id: string): string => Buffer.from(id, 'base64url').toString('hex');

function idOf(hex: string): string | null {
	return /^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex').toString('base64url') : null;
}

function isMissing(error: unknown): boolean {
	const { code } = error as { code?: string };
	return code === 'ENOENT';
}

function unless(code: string): (error: unknown) => void {
	return (error) => {
		if ((error as { code?: string }).code !== code) throw error;
	};
}
