import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@linkscope/core/testing';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileStorage } from './file-storage.js';
import { loadOrCreateIdentity } from './identity.js';

// The lowest layer, so that a write can fail at any of its steps: root, which tests may run as, is refused nothing by modes.
const failing = vi.hoisted(() => ({ step: '', code: '' }));
/** Called the moment before a file is taken away. */
const takingAway = vi.hoisted(() => ({ tell: (_path: string) => {} }));
vi.mock('node:fs/promises', async (original) => {
	const real = await original<typeof import('node:fs/promises')>();
	const failAt = (step: string) => {
		if (failing.step === step) throw Object.assign(new Error(`${failing.code}: ${step}`), { code: failing.code });
	};
	return {
		...real,
		async rename(from: string, to: string) {
			failAt('rename');
			takingAway.tell(from);
			await real.rename(from, to);
		},
		async unlink(path: string) {
			takingAway.tell(path);
			await real.unlink(path);
		},
		async open(...args: Parameters<typeof real.open>) {
			const handle = await real.open(...args);
			if (!String(args[0]).endsWith('.tmp')) return handle;
			vi.spyOn(handle, 'writeFile').mockImplementationOnce(async (data) => {
				failAt('write');
				await handle.write(String(data));
			});
			const sync = handle.sync.bind(handle);
			vi.spyOn(handle, 'sync').mockImplementationOnce(async () => {
				failAt('sync');
				await sync();
			});
			return handle;
		},
	};
});

// Two cores, and other processes on them.
vi.setConfig({ testTimeout: 60_000 });

const mode = async (path: string) => (await stat(path)).mode & 0o777;
let base: string;
let folder: string;

beforeEach(async () => {
	base = await mkdtemp(join(tmpdir(), 'linkscope-stores-'));
	folder = join(base, 'home');
});
afterEach(async () => {
	failing.step = '';
	takingAway.tell = () => {};
	await rm(base, { recursive: true });
});

describe('a file storage', () => {
	it('keeps texts for this user alone, and leaves nothing else behind', async () => {
		const storage = fileStorage(folder);
		expect(await storage.read('identity')).toBeNull();
		await storage.update('identity', (current) => `${current} and ünïcode`);
		expect(await fileStorage(folder).read('identity')).toBe('null and ünïcode');
		expect([await mode(folder), await mode(join(folder, 'identity'))]).toEqual([0o700, 0o600]);
		await storage.update('trust', () => 'x');
		await storage.update('trust', () => null);
		await storage.update('trust', () => null);
		expect(await readdir(folder)).toEqual(['identity']);
	});

	it('writes nothing where nothing changes or the change throws', async () => {
		const storage = fileStorage(folder);
		await storage.update('a', () => 'old');
		const before = await stat(join(folder, 'a'));
		await storage.update('a', (current) => current);
		await expect(
			storage.update('a', () => {
				throw Object.assign(new Error('no'), { code: 'ENOENT' });
			}),
		).rejects.toThrow(/^no$/);
		expect((await stat(join(folder, 'a'))).ino).toBe(before.ino);
		expect(await readdir(folder)).toEqual(['a']);
	});

	it('loses no change of many at once', async () => {
		const storages = [fileStorage(folder), fileStorage(`${base}/./home`)];
		await Promise.all(Array.from({ length: 40 }, (_, i) => storages[i % 2]?.update('count', (current) => String(Number(current) + 1))));
		expect(await storages[0]?.read('count')).toBe('40');
	});

	it('refuses names that could leave the folder', async () => {
		for (const name of ['', '..', '../x', 'a/b', 'a\\b', '.hidden', 'a\0', 'Upper', 'x'.repeat(65), 'a.lock']) {
			await expect(fileStorage(folder).read(name)).rejects.toThrow(TypeError);
			await expect(fileStorage(folder).update(name, () => 'x')).rejects.toThrow(TypeError);
		}
		expect(() => fileStorage('')).toThrow(TypeError);
		await expect(readdir(folder)).rejects.toThrow();
	});

	it('refuses a text that nobody could read back', async () => {
		const storage = fileStorage(folder);
		await storage.update('a', () => 'old');
		await expect(storage.update('a', () => 'x'.repeat(2 ** 23 + 1))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		expect(await storage.read('a')).toBe('old');
	});
});

describe('a file storage that cannot be read', () => {
	const unreadable = async (message: RegExp) => {
		const storage = fileStorage(folder);
		const failure = { code: 'STORE_UNREADABLE', message: expect.stringMatching(message) };
		await expect(storage.read('a')).rejects.toMatchObject(failure);
		await expect(storage.update('a', () => 'new')).rejects.toMatchObject(failure);
		expect((await readdir(folder)).filter((entry) => entry !== 'a')).toEqual([]);
	};
	beforeEach(() => mkdir(folder, { mode: 0o700 }));

	it('says so for a folder, a link, a text in another encoding and a giant', async () => {
		await mkdir(join(folder, 'a'));
		await unreadable(/home\/a is no plain file; move it away/);
		await rm(join(folder, 'a'), { recursive: true });

		await writeFile(join(base, 'elsewhere'), 'secret', { mode: 0o600 });
		await symlink(join(base, 'elsewhere'), join(folder, 'a'));
		await unreadable(/could not read .*home\/a: it is a symbolic link/);
		expect(await readFile(join(base, 'elsewhere'), 'utf8')).toBe('secret');
		await rm(join(folder, 'a'));

		await writeFile(join(folder, 'a'), Buffer.of(0xff, 0xfe), { mode: 0o600 });
		await unreadable(/is no UTF-8 text/);
		await rm(join(folder, 'a'));

		await writeFile(join(folder, 'a'), '', { mode: 0o600 });
		fs.truncateSync(join(folder, 'a'), 2 ** 40);
		await unreadable(/has 1099511627776 bytes/);
	});

	it('says so where others may read the file, or replace it', async () => {
		await writeFile(join(folder, 'a'), 'seed');
		await chmod(join(folder, 'a'), 0o640);
		await unreadable(/has mode 0640, .*chmod 600 it/);
		expect(await readFile(join(folder, 'a'), 'utf8')).toBe('seed');

		await chmod(join(folder, 'a'), 0o600);
		await chmod(folder, 0o777);
		await expect(fileStorage(folder).read('a')).rejects.toMatchObject({
			code: 'STORE_UNREADABLE',
			message: expect.stringMatching(/mode 0777, .*chmod 700 it/),
		});
		await expect(fileStorage(folder).update('a', () => 'new')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
	});

	it.runIf(process.getuid?.() === 0)("says so where the file is another user's", async () => {
		await writeFile(join(folder, 'a'), 'seed', { mode: 0o600 });
		fs.chownSync(join(folder, 'a'), 12345, 12345);
		const getuid = vi.spyOn(process, 'getuid').mockReturnValue(54321);
		await expect(fileStorage(folder).read('a')).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringMatching(/belongs to user 12345/) });
		getuid.mockRestore();
	});
});

describe('a file storage that cannot be written', () => {
	it('says so where a file stands in the way of the folder', async () => {
		await writeFile(folder, '');
		await expect(fileStorage(folder).update('a', () => 'x')).rejects.toMatchObject({
			code: 'STORE_UNWRITABLE',
			message: expect.stringMatching(/home\/a: .*folder/),
		});
		await expect(fileStorage(join(folder, 'below')).update('a', () => 'x')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		await expect(fileStorage(folder).read('a')).rejects.toMatchObject({ code: 'STORE_UNREADABLE', message: expect.stringMatching(/no folder/) });
	});

	it.each([
		['write', 'ENOSPC', /no space left/],
		['sync', 'EDQUOT', /quota is used up/],
		['rename', 'EROFS', /read-only/],
		['rename', 'EIO', /could not write .*home\/a: EIO/],
	])('keeps the old text where %s fails with %s, and works again afterwards', async (step, code, message) => {
		const storage = fileStorage(folder);
		await storage.update('a', () => 'old');
		Object.assign(failing, { step, code });
		await expect(storage.update('a', () => 'new')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringMatching(message) });
		expect(await storage.read('a')).toBe('old');
		expect(await readdir(folder)).toEqual(['a']);
		failing.step = '';
		await storage.update('a', (current) => `${current}, then new`);
		expect(await storage.read('a')).toBe('old, then new');
	});
});

describe('the lock of a file storage', () => {
	const dead = 2 ** 22 + 1; // beyond the highest process number there is
	const lock = () => join(folder, 'a.lock');
	beforeEach(() => mkdir(folder, { mode: 0o700 }));

	it('is taken over at once from a process that died, and after 20 s from one that cannot be asked', async () => {
		const storage = fileStorage(folder);
		await writeFile(lock(), `${dead} ${hostname()} token\n`);
		await storage.update('a', () => '1');
		for (const [owner, ageMs] of [
			['1 another-machine token\n', 20_500],
			[`${process.pid} ${hostname()} token\n`, 3600_000],
			['', 3600_000],
			['1 another-machine token\n', -3600_000],
		] as const) {
			await writeFile(lock(), owner);
			const made = new Date(Date.now() - ageMs);
			await utimes(lock(), made, made);
			await storage.update('a', (current) => `${current}1`);
		}
		expect(await storage.read('a')).toBe('11111');
		expect(await readdir(folder)).toEqual(['a']);
	});

	it('is waited for while its owner lives, and given up after 30 s with the name of the file', async () => {
		const clock = new FakeClock();
		await writeFile(lock(), `${process.pid} ${hostname()} token\n`);
		const keepFresh = async () => utimes(lock(), clock.epoch() / 1000, clock.epoch() / 1000);
		await keepFresh();
		let outcome: unknown = 'waits';
		const update = fileStorage(folder, { clock })
			.update('a', () => 'x')
			.catch((error) => {
				outcome = error;
			});
		for (let waitedMs = 0; outcome === 'waits' && waitedMs < 40_000; waitedMs += 1000) {
			await vi.waitFor(() => expect(clock.pending > 0 || outcome !== 'waits').toBe(true), { interval: 1, timeout: 25_000 });
			clock.advance(1000);
			await keepFresh();
		}
		await update;
		expect(outcome).toMatchObject({ code: 'STORE_UNWRITABLE', message: expect.stringMatching(/a\.lock has been held by process \d+ on .* for 30 s/) });
		expect(clock.now()).toBeGreaterThan(30_000);
		expect(await readdir(folder)).toEqual(['a.lock']);
	});

	it('that was lost in the middle of a write makes the write begin anew, on what the other has stored', async () => {
		const storage = fileStorage(folder);
		await storage.update('a', () => 'old');
		let calls = 0;
		await storage.update('a', (current) => {
			if (++calls === 1) {
				// Another process took the lock of this one for left behind, and has done its work.
				fs.rmSync(lock());
				fs.writeFileSync(join(folder, 'a'), "the other's");
			}
			return `${current} + ours`;
		});
		expect([calls, await storage.read('a')]).toEqual([2, "the other's + ours"]);
		expect(await readdir(folder)).toEqual(['a']);
	});
});

describe('a removal whose lock was lost in the middle', () => {
	it.each([
		['takes nothing newer away', (current: string | null) => (current === 'old' ? null : `${current} + ours`), "the other's + ours"],
		['removes what is there when its turn comes', () => null, null],
	])('%s', async (_, change, left) => {
		const storage = fileStorage(folder);
		const [path, lock] = [join(folder, 'a'), join(folder, 'a.lock')];
		await storage.update('a', () => 'old');
		takingAway.tell = (taken) => {
			if (taken !== path) return;
			takingAway.tell = () => {};
			// This process stood still here, and another one took its lock for left behind.
			fs.rmSync(lock);
			fs.writeFileSync(path, "the other's", { mode: 0o600 });
		};
		await storage.update('a', change);
		expect(await storage.read('a')).toBe(left);
		expect(await readdir(folder)).toEqual(left === null ? [] : ['a']);
	});
});

describe('two processes', () => {
	let program: string;
	beforeEach(async () => {
		program = join(base, 'child.mjs');
		await build({
			entryPoints: [fileURLToPath(new URL('./fixtures/storage-child.ts', import.meta.url))],
			bundle: true,
			platform: 'node',
			format: 'esm',
			conditions: ['@linkscope/source'],
			outfile: program,
		});
	});
	const run = (...args: string[]): ChildProcess => spawn(process.execPath, [program, folder, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

	it('lose no change of one another', async () => {
		const children = [run('count', '25'), run('count', '25')];
		const here = fileStorage(folder);
		for (let i = 0; i < 25; i++) await here.update('count', (current) => String(Number(current) + 1));
		for (const child of children) if (child.exitCode === null) expect(await once(child, 'exit')).toEqual([0, null]);
		expect(await here.read('count')).toBe('75');
		expect(await readdir(folder)).toEqual(['count']);
	});

	it('that ask for an identity at the same time get the same', async () => {
		const children = [run('identity'), run('identity'), run('identity')];
		const printed = await Promise.all(children.map(({ stdout }) => text(stdout as Readable)));
		const { fingerprint } = await loadOrCreateIdentity(fileStorage(folder));
		expect(printed).toEqual([fingerprint, fingerprint, fingerprint]);
		expect(await mode(join(folder, 'identity'))).toBe(0o600);
	});

	it('one of which is killed in the middle of a write: the old text is there, and the next write needs no help', async () => {
		const here = fileStorage(folder);
		await here.update('a', () => 'old');
		const [, signal] = await once(run('die', 'half of the new text'), 'exit');
		expect(signal).toBe('SIGKILL');
		expect((await readdir(folder)).length).toBe(3);
		expect(await here.read('a')).toBe('old');
		await here.update('a', (current) => `${current}, then new`);
		expect(await here.read('a')).toBe('old, then new');
		expect(await readdir(folder)).toEqual(['a']);
	});
});
