import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { objectId } from '@linkscope/plugins';
import { reasonOf, syncFolder } from '../stores/durable-file.js';
import type { ArrivingFile } from './arriving-file.js';
import { FileError } from './file-error.js';
import type { ChunkPlan } from './file-manifest.js';
import { readAt } from './path-source.js';
import { numberedName } from './safe-file-name.js';

export interface PartFileOptions {
	/** The file it shall be. */
	path: string;
	/** Replaces what is there. */
	overwrite: boolean;
	/** Where something is there: another name, `report (2).pdf`. */
	rename: boolean;
}

/** Being written in this process: two connections that bring the same content do not share a file. */
const inUse = new Set<string>();

/**
 * Receives a file beside its place, under a name that its content gives, and puts it there when it is whole. What an earlier try has left there is looked
 * through, so that only the rest is fetched: the content itself tells which chunks are right.
 * @throws FileError FILE_EXISTS, FILE_UNWRITABLE.
 */
export async function partFile(plan: ChunkPlan, options: PartFileOptions): Promise<ArrivingFile> {
	const path = resolve(options.path);
	const folder = dirname(path);
	try {
		await mkdir(folder, { recursive: true });
		if (!options.overwrite && !options.rename && (await isThere(path))) throw exists(path);
		const part = freePart(folder, plan.manifest.chunks);
		inUse.add(part);
		const file = await open(part, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600).catch((error) => {
			inUse.delete(part);
			throw error;
		});
		return new PartFile(plan, { ...options, path }, part, file, await chunksIn(file, plan));
	} catch (error) {
		throw unwritable(path, error);
	}
}

class PartFile implements ArrivingFile {
	readonly #plan: ChunkPlan;
	readonly #options: PartFileOptions;
	readonly #part: string;
	readonly #file: FileHandle;
	readonly #present: Set<string>;

	constructor(plan: ChunkPlan, options: PartFileOptions, part: string, file: FileHandle, present: Set<string>) {
		this.#plan = plan;
		this.#options = options;
		this.#part = part;
		this.#file = file;
		this.#present = present;
	}

	async has(id: string): Promise<boolean> {
		return this.#present.has(id);
	}

	async write(bytes: Uint8Array, id: string): Promise<void> {
		try {
			for (const index of this.#plan.placesOf(id)) await writeAt(this.#file, bytes, index * this.#plan.manifest.chunkBytes);
			this.#present.add(id);
		} catch (error) {
			throw unwritable(this.#options.path, error);
		}
	}

	async finish(): Promise<{ path: string }> {
		try {
			// Something longer may have been there.
			await this.#file.truncate(this.#plan.manifest.size);
			await this.#file.sync();
			await this.#file.close();
			const path = await this.#place();
			await syncFolder(dirname(path));
			return { path };
		} catch (error) {
			throw unwritable(this.#options.path, error);
		} finally {
			await this.leave();
		}
	}

	async leave(): Promise<void> {
		inUse.delete(this.#part);
		await this.#file.close().catch(() => {});
	}

	/** @returns where it is. Replaces nothing unless told to, even if it came a moment ago. */
	async #place(): Promise<string> {
		const { path, overwrite, rename: mayRename } = this.#options;
		if (overwrite) {
			await rename(this.#part, path);
			return path;
		}
		for (let number = 1; ; number++) {
			const target = number === 1 ? path : join(dirname(path), numberedName(basename(path), number));
			if (await giveName(this.#part, target)) return target;
			if (!mayRename) throw exists(path);
		}
	}
}

/** @returns false where the name is taken. */
async function giveName(part: string, path: string): Promise<boolean> {
	try {
		await link(part, path);
		await unlink(part);
		return true;
	} catch (error) {
		const { code } = error as { code?: string };
		if (code === 'EEXIST') return false;
		// A file system without links: looking first is the second best.
		if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
		if (await isThere(path)) return false;
		await rename(part, path);
		return true;
	}
}

/** By its content, so that it is found again whatever the file is called. */
function freePart(folder: string, chunks: string): string {
	for (let number = 1; ; number++) {
		const part = join(folder, `.linkscope-${Buffer.from(chunks, 'base64url').toString('hex').slice(0, 32)}${number === 1 ? '' : `-${number}`}.part`);
		if (!inUse.has(part)) return part;
	}
}

/** Which chunks an earlier try has left, each checked by its name. */
async function chunksIn(file: FileHandle, plan: ChunkPlan): Promise<Set<string>> {
	const right = new Set<string>();
	const wrong = new Set<string>();
	const { size } = await file.stat();
	for (const [index, id] of plan.ids.entries()) {
		const start = index * plan.manifest.chunkBytes;
		const end = start + plan.lengthAt(index);
		const isRight = end <= size && objectId(await readAt(file, start, end)) === id;
		(isRight ? right : wrong).add(id);
	}
	// A chunk that belongs to several places is there when it is in all of them.
	for (const id of wrong) right.delete(id);
	return right;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
	for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
}

async function isThere(path: string): Promise<boolean> {
	const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => error as { code?: string });
	if ('close' in file) await file.close();
	return 'close' in file || file.code !== 'ENOENT';
}

function exists(path: string): FileError {
	return new FileError('FILE_EXISTS', `${path} is there already: give another path, or overwrite: true`);
}

function unwritable(path: string, cause: unknown): Error {
	if (cause instanceof FileError) return cause;
	return new FileError('FILE_UNWRITABLE', `could not write ${path}: ${reasonOf(cause as { code?: string }) || String(cause)}`, { cause });
}
