import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { reasonOf } from '../stores/durable-file.js';
import { FileError } from './file-error.js';
import type { FileSource } from './file-source.js';

/** @throws FileError FILE_UNREADABLE. */
export async function pathSource(path: string): Promise<FileSource> {
	const unreadable = (why: string, cause?: unknown) => new FileError('FILE_UNREADABLE', `could not read ${path}: ${why}`, { cause });
	const file = await open(path, 'r').catch((cause) => Promise.reject(unreadable(cause.code === 'ENOENT' ? 'there is no such file' : reasonOf(cause), cause)));
	const stats = await file.stat();
	if (!stats.isFile()) {
		await file.close();
		throw unreadable('it is no plain file');
	}
	return {
		name: basename(path),
		type: '',
		size: stats.size,
		read: (start, end) => readAt(file, start, end),
		close: () => file.close(),
	};
}

/** A read may give less than there is. */
export async function readAt(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
	const bytes = new Uint8Array(Math.max(0, end - start));
	let filled = 0;
	while (filled < bytes.length) {
		const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
		if (bytesRead === 0) break;
		filled += bytesRead;
	}
	return bytes.subarray(0, filled);
}
