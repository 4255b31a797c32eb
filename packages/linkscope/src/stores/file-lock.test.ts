import { constants } from 'node:fs';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@linkscope/core/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lockFile } from './file-lock.js';

/** As on Windows, which cannot be asked not to follow a link. */
const system = vi.hoisted(() => ({ followsLinks: false }));
vi.mock('node:fs/promises', async (original) => {
	const real = await original<typeof import('node:fs/promises')>();
	const open = (path: string, flags: string | number, mode?: number) =>
		real.open(path, system.followsLinks && typeof flags === 'number' ? flags & ~constants.O_NOFOLLOW : flags, mode);
	return { ...real, open };
});

let folder: string;
let path: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-lock-'));
	path = join(folder, 'a.lock');
});
afterEach(async () => {
	system.followsLinks = false;
	await rm(folder, { recursive: true });
});

it.each([
	['that leads nowhere', () => join(folder, 'nowhere')],
	['to a file of somebody else', () => fileURLToPath(import.meta.url)],
])('a symbolic link %s is refused at once, and left alone', async (_, target) => {
	await symlink(target(), path);
	await expect(lockFile(path, new FakeClock())).rejects.toMatchObject({
		code: 'STORE_UNWRITABLE',
		message: expect.stringMatching(/a\.lock is a symbolic link.*remove it/),
	});
	expect(await readdir(folder)).toEqual(['a.lock']);
});

it('what stands in the way and cannot be read is waited for without haste, and given up after 30 s', async () => {
	const clock = new FakeClock();
	system.followsLinks = true;
	await symlink(join(folder, 'nowhere'), path);
	let outcome: unknown = 'waits';
	const locking = lockFile(path, clock).catch((error) => {
		outcome = error;
	});
	for (let waitedMs = 0; outcome === 'waits' && waitedMs < 40_000; waitedMs += 1000) {
		await vi.waitFor(() => expect(clock.pending > 0 || outcome !== 'waits').toBe(true), { interval: 1, timeout: 25_000 });
		clock.advance(1000);
	}
	await locking;
	expect(outcome).toMatchObject({ code: 'STORE_UNWRITABLE' });
});
