import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { MAX_STORED_CHARS, StoreError } from '@linkscope/plugins';

// A text of so many characters has at most three bytes for each of them.
const MAX_FILE_BYTES = 3 * MAX_STORED_CHARS;
const knowsModes = process.platform !== 'win32';

/** Makes the folder (0700) where there is none. @throws StoreError STORE_UNWRITABLE where others may write in it. */
export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await checkFolder(folder, 'STORE_UNWRITABLE');
}

/**
 * Reads a file that is ours alone.
 * @returns null where there is none.
 * @throws StoreError STORE_UNREADABLE where it is no plain file, too big, no text, or others may read or write it; errors of the file system as they come.
 */
export async function readPrivateFile(folder: string, path: string): Promise<string | null> {
	// Not through a link, which may lead to another's file; and a pipe would never answer.
	const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
	const file = await open(path, flags).catch((error) => {
		if (error.code === 'ENOENT') return null;
		throw error;
	});
	if (file === null) return null;
	try {
		await checkFolder(folder, 'STORE_UNREADABLE');
		return await readChecked(file, path);
	} finally {
		await file.close();
	}
}

async function readChecked(file: FileHandle, path: string): Promise<string> {
	const stats = await file.stat();
	if (!stats.isFile()) throw unreadable(`${path} is no plain file; move it away`);
	if (stats.size > MAX_FILE_BYTES) throw unreadable(`${path} has ${stats.size} bytes, the most that is read is ${MAX_FILE_BYTES}; move it away`);
	checkOwner(stats, path, 'STORE_UNREADABLE');
	if (knowsModes && (stats.mode & 0o077) !== 0) {
		throw unreadable(
			`${path} has mode ${octal(stats)}, so others may read or change it: chmod 600 it, and if it holds an identity that others may have read, rotate it`,
		);
	}
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.readFile());
	} catch (cause) {
		if (!(cause instanceof TypeError)) throw cause;
		throw unreadable(`${path} is no UTF-8 text; restore it from a copy, or move it away to begin anew`);
	}
}

async function checkFolder(folder: string, code: 'STORE_UNREADABLE' | 'STORE_UNWRITABLE'): Promise<void> {
	const stats = await stat(folder);
	checkOwner(stats, folder, code);
	if (knowsModes && (stats.mode & 0o022) !== 0) {
		throw new StoreError(code, `${folder} has mode ${octal(stats)}, so others may replace what is stored in it: chmod 700 it, or give another folder`);
	}
}

/** Another user's file may change under us at any time; root's may too, but root may do anything. */
function checkOwner(stats: Stats, path: string, code: 'STORE_UNREADABLE' | 'STORE_UNWRITABLE'): void {
	const me = process.getuid?.();
	if (me === undefined || stats.uid === me || stats.uid === 0 || me === 0) return;
	throw new StoreError(code, `${path} belongs to user ${stats.uid}, this process runs as user ${me}; give a folder of its own user`);
}

function octal({ mode }: Stats): string {
	return (mode & 0o777).toString(8).padStart(4, '0');
}

function unreadable(message: string): StoreError {
	return new StoreError('STORE_UNREADABLE', message);
}
