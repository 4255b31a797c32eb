import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '@linkscope/core';
import { StoreError } from '@linkscope/plugins';

/** A lock is held for the time of one write. One this old was left behind, by a machine that lost its power for instance. */
const STALE_AFTER_MS = 20_000;
/** Longer than that, so that who waits always comes through when a lock was left behind. */
const GIVE_UP_AFTER_MS = 30_000;
const RETRY_EVERY_MS = 20;
/** A process number, a host's name and a token. */
const MAX_OWNER_BYTES = 512;

export interface FileLock {
	/** Whether it is still ours: a process that stood still for too long has lost it. */
	held(): Promise<boolean>;
	release(): Promise<void>;
}

/**
 * Waits for a lock file that only one process can create. It names its owner, so that the lock of a process that died is taken over at once.
 * Two that take over at once may both believe to hold it, until held() tells one of them.
 * @throws StoreError STORE_UNWRITABLE where another process holds it for 30 s; errors of the file system as they come.
 */
export async function lockFile(path: string, clock: Clock): Promise<FileLock> {
	const mine = `${process.pid} ${hostname()} ${randomBytes(8).toString('hex')}\n`;
	const startedMs = clock.now();
	while (!(await create(path, mine))) {
		// Nothing to read: it was released just now; or, where the system cannot say so, it is a link that leads nowhere, and will never be.
		const owner = await read(path);
		if (owner !== null && (await isLeftBehind(path, owner, clock))) await unlink(path).catch(ignoreMissing);
		else if (clock.now() - startedMs > GIVE_UP_AFTER_MS) throw busy(path, owner ?? '');
		else await new Promise<void>((resolve) => clock.after(RETRY_EVERY_MS, resolve, { keepAlive: true }));
	}
	return {
		held: async () => (await read(path)) === mine,
		async release() {
			if ((await read(path)) === mine) await unlink(path).catch(ignoreMissing);
		},
	};
}

async function create(path: string, owner: string): Promise<boolean> {
	const file = await open(path, 'wx', 0o600).catch((error) => {
		if (error.code === 'EEXIST') return null;
		throw error;
	});
	if (file === null) return false;
	try {
		await file.writeFile(owner);
	} catch (error) {
		await unlink(path).catch(() => {});
		throw error;
	} finally {
		await file.close();
	}
	return true;
}

/**
 * Not through a link, and not waiting for a pipe.
 * @returns null where there is no lock any more.
 */
async function read(path: string): Promise<string | null> {
	const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
	const file = await open(path, flags).catch((error) => (error.code === 'ELOOP' ? Promise.reject(isLink(path, error)) : ignoreMissing(error)));
	if (file === null) return null;
	try {
		return await firstLine(file);
	} finally {
		await file.close();
	}
}

async function firstLine(file: FileHandle): Promise<string> {
	const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_OWNER_BYTES), 0, MAX_OWNER_BYTES, 0);
	return buffer.toString('utf8', 0, bytesRead);
}

function isLink(path: string, cause: unknown): StoreError {
	return new StoreError('STORE_UNWRITABLE', `${path} is a symbolic link, and no lock that linkscope made; remove it`, { cause });
}

async function isLeftBehind(path: string, owner: string, clock: Clock): Promise<boolean> {
	const [, pid, host] = /^(\d+) (\S+) /.exec(owner) ?? [];
	// Process numbers mean something on their own machine only, and ours may have been that of the process before us in this container.
	if (host === hostname() && !isAlive(Number(pid))) return true;
	const made = await stat(path).catch(ignoreMissing);
	// In the future as well: the clocks of small machines begin anew at every start.
	return made !== null && Math.abs(clock.epoch() - made.mtimeMs) > STALE_AFTER_MS;
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: alive, and somebody else's.
		return (error as { code?: string }).code !== 'ESRCH';
	}
}

function busy(path: string, owner: string): StoreError {
	const [, pid = 'unknown', host = 'unknown'] = /^(\d{1,10}) ([\w.-]{1,255}) /.exec(owner) ?? [];
	return new StoreError(
		'STORE_UNWRITABLE',
		`${path} has been held by process ${pid} on ${host} for ${GIVE_UP_AFTER_MS / 1000} s; try again, or remove that file where no such process writes here`,
	);
}

function ignoreMissing(error: { code?: string }): null {
	if (error.code === 'ENOENT') return null;
	throw error;
}
