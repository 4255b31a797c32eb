import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '@linkscope/core';
import { SessionError } from '../session-error.js';

/** The embedded database does not notice a second process: the one that writes last would overwrite what the other wrote. */
const FILE = 'linkscope.lock';
const held = new Set<string>();

/**
 * Makes a directory this process's own, and makes it where it is missing. A lock whose process has died is taken over.
 * Processes on other machines or in other containers are not seen.
 * @returns how to give it back.
 * @throws SessionError SESSION_STORE_IN_USE; whatever the file system throws.
 */
export async function lockDirectory(where: string): Promise<() => Promise<void>> {
	if (where.startsWith('memory://')) return async () => {};
	const directory = resolve(where.replace(/^file:\/\//, ''));
	if (held.has(directory)) throw inUse(where, process.pid);
	held.add(directory);
	try {
		await mkdir(directory, { recursive: true });
		await take(where, join(directory, FILE));
	} catch (error) {
		held.delete(directory);
		throw error;
	}
	return async () => {
		await rm(join(directory, FILE), { force: true });
		held.delete(directory);
	};
}

async function take(where: string, path: string): Promise<void> {
	for (;;) {
		try {
			const file = await open(path, 'wx');
			await file.writeFile(String(process.pid));
			return await file.close();
		} catch (error) {
			if (codeOf(error) !== 'EEXIST') throw error;
		}
		const owner = Number(await readFile(path, 'utf8').catch(() => ''));
		// Our own number in a lock that we do not hold is a predecessor's: in a container all have the same.
		if (owner !== process.pid && isAlive(owner)) throw inUse(`${where} (${path})`, owner);
		await rm(path, { force: true });
	}
}

function isAlive(pid: number): boolean {
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// Somebody else's process lives as well.
		return codeOf(error) === 'EPERM';
	}
}

function inUse(where: string, pid: number): SessionError {
	return new SessionError('SESSION_STORE_IN_USE', `process ${pid} keeps its sessions in ${where}: give each process a directory of its own, or use Postgres`);
}
