import { randomBytes } from 'node:crypto';
import { link, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '@linkscope/core';
import { checkStoredText, checkStoreName, type Storage } from '@linkscope/plugins';
import { asStoreError, syncFolder, writeDurably } from './durable-file.js';
import { type FileLock, lockFile } from './file-lock.js';
import { makePrivateFolder, readPrivateFile } from './private-file.js';

/**
 * Keeps each text in a file of its own, readable by this user alone (0600, in a folder of 0700). A file is replaced whole or not at all,
 * whatever happens to the process, and processes that share the folder take turns.
 * @param folder made when something is first stored.
 */
export function fileStorage(folder: string, options: { clock?: Clock } = {}): Storage {
	if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) throw new TypeError('folder must be the path of a folder');
	const clock = options.clock ?? systemClock;
	const home = resolve(folder);
	const pathOf = (name: string) => join(home, checkStoreName(name));
	return {
		async read(name) {
			const path = pathOf(name);
			return readPrivateFile(home, path).catch((error) => Promise.reject(asStoreError('STORE_UNREADABLE', path, error)));
		},
		async update(name, change) {
			const path = pathOf(name);
			await inTurn(path, () => updateFile(home, path, change, clock));
		},
		where: pathOf,
	};
}

/** Within the process nobody needs to look at the lock file again and again. */
const turns = new Map<string, Promise<void>>();

async function inTurn(path: string, task: () => Promise<void>): Promise<void> {
	const turn = (turns.get(path) ?? Promise.resolve()).then(task);
	const settled = turn.catch(() => {});
	turns.set(path, settled);
	await turn.finally(() => {
		if (turns.get(path) === settled) turns.delete(path);
	});
}

type Change = Parameters<Storage['update']>[1];

async function updateFile(folder: string, path: string, change: Change, clock: Clock): Promise<void> {
	while (!(await tryUpdate(folder, path, change, clock)));
}

/** @returns false where this process stood still for so long that another one took its lock: then nothing was changed. */
async function tryUpdate(folder: string, path: string, change: Change, clock: Clock): Promise<boolean> {
	const unwritable = (error: unknown) => Promise.reject(asStoreError('STORE_UNWRITABLE', path, error));
	await makePrivateFolder(folder).catch(unwritable);
	const lock = await lockFile(`${path}.lock`, clock).catch(unwritable);
	try {
		// Before the reading. What a process that lost its lock still wants to put in place is gone after this, so what is read is the last word.
		await removeDrafts(folder, path).catch(unwritable);
		const current = await readPrivateFile(folder, path).catch((error) => Promise.reject(asStoreError('STORE_UNREADABLE', path, error)));
		const text = change(current);
		if (text === current) return true;
		if (text !== null) checkStoredText(path, text);
		return await replace(folder, path, text, lock).catch(unwritable);
	} finally {
		await lock.release().catch(() => {});
	}
}

async function replace(folder: string, path: string, text: string | null, lock: FileLock): Promise<boolean> {
	const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
	try {
		if (text === null) {
			if (!(await takeAway(path, draft, lock))) return false;
		} else {
			await writeDurably(draft, text);
			if (!(await lock.held())) return false;
			await rename(draft, path);
		}
	} catch (error) {
		if (await lock.held()) throw error;
		return false;
	} finally {
		await unlink(draft).catch(() => {});
	}
	await syncFolder(folder);
	return true;
}

/**
 * Only aside at first: who finds afterwards that the lock was lost meanwhile has taken away what another process stored, and puts it back.
 * @returns false then.
 */
async function takeAway(path: string, aside: string, lock: FileLock): Promise<boolean> {
	await rename(path, aside);
	if (await lock.held()) return true;
	// By a link: renaming would replace what is newer still. It is the second best where the file system knows no links.
	await link(aside, path).catch((error) => (error.code === 'EEXIST' ? undefined : rename(aside, path)));
	return false;
}

/** Of processes that were killed in the middle of a write. */
async function removeDrafts(folder: string, path: string): Promise<void> {
	for (const entry of await readdir(folder)) {
		const other = join(folder, entry);
		if (other.startsWith(`${path}.`) && other.endsWith('.tmp')) await rm(other, { force: true });
	}
}
