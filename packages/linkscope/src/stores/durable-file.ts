import { open } from 'node:fs/promises';
import { StoreError } from '@linkscope/plugins';

/** Writes a new file for this user alone. @throws errors of the file system, EEXIST where there is one. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
	const file = await open(path, 'wx', 0o600);
	try {
		await file.writeFile(content);
		// Before it gets its name: else a power cut may leave the new name with nothing in it.
		await file.sync();
	} finally {
		await file.close();
	}
}

/** So that a new name survives a power cut as well; where the system cannot do that for folders (Windows), it is left out. */
export async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, 'r').catch(() => null);
	await handle?.sync().catch(() => {});
	await handle?.close();
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
	EACCES: 'no permission; look at the owner and mode of the file and its folder',
	EPERM: 'not permitted; look at the owner and mode of the file and its folder',
	EROFS: 'the file system is read-only; give another folder',
	ENOSPC: 'no space left on the device',
	EDQUOT: "this user's quota is used up",
	ENOTDIR: 'a part of the path is no folder; give another folder',
	ENOENT: 'its folder was removed',
	EEXIST: 'a file stands where the folder should be; give another folder',
	EISDIR: 'a folder stands where the file should be; move it away',
	ELOOP: 'it is a symbolic link; put the file itself there',
	EMFILE: 'this process has too many open files',
};

/** What the file system said, in words that say what to do. */
export function reasonOf({ code = '' }: { code?: string }): string {
	return WHAT_TO_DO[code] ?? code;
}

/** The same as an error of a store; a StoreError, and what is no error of the file system, as it is. */
export function asStoreError(code: 'STORE_UNREADABLE' | 'STORE_UNWRITABLE', path: string, cause: unknown): Error {
	const system = (cause as { code?: unknown }).code;
	if (cause instanceof StoreError || typeof system !== 'string') return cause as Error;
	const doing = code === 'STORE_UNREADABLE' ? 'read' : 'write';
	return new StoreError(code, `could not ${doing} ${path}: ${reasonOf({ code: system })}`, { cause });
}
