import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@linkscope/core/testing';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { sqlSessionStorage } from '../../sql.js';
import { sampleSession, storageSuite } from '../fixtures/storage-suite.js';
import { SessionManager } from '../session-manager.js';
import { optionalPackage } from './optional-package.js';

let folder: string;
/** An empty database, made once: making one takes seconds. */
let template: string;
let made = 0;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'linkscope-sessions-'));
	template = join(folder, 'template');
	const storage = sqlSessionStorage(template);
	await storage.load();
	await storage.close();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function freshDirectory(): Promise<string> {
	const directory = join(folder, `data-${made++}`);
	await cp(template, directory, { recursive: true });
	return directory;
}

function open(directory: string) {
	const storage = sqlSessionStorage(directory);
	onTestFinished(() => storage.close());
	return storage;
}

describe('PGlite', () => {
	storageSuite(async () => sqlSessionStorage(await freshDirectory()));

	test('in a directory that is not there yet makes it', async () => {
		const storage = open(join(folder, 'deeper', 'still'));
		await storage.write({ put: [sampleSession()], remove: [] });
		expect(await storage.load()).toHaveLength(1);
	});

	test('gives its directory to one storage at a time', async () => {
		const directory = await freshDirectory();
		const first = open(directory);
		await first.load();
		await expect(open(directory).load()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_IN_USE' }));
		await first.close();
		await expect(open(directory).load()).resolves.toEqual([]);
	});

	test('leaves time for others between its batches, though it works in the same thread', async () => {
		const manager = new SessionManager({ clock: new FakeClock(), storage: sqlSessionStorage(await freshDirectory()) });
		for (let i = 0; i < 1_000; i++) manager.registerConnection(`s${i}`, undefined, 'acme', 'browser');
		await manager.restore();
		let turns = 0;
		let next = setImmediate(function turn() {
			turns++;
			next = setImmediate(turn);
		});
		await manager.flush();
		clearImmediate(next);
		expect(turns).toBeGreaterThanOrEqual(5);
		await manager.close();
	});

	test('says that a file is in its way', async () => {
		const directory = join(folder, 'a-file');
		await writeFile(directory, 'hello');
		await expect(open(directory).load()).rejects.toThrow(
			expect.objectContaining({ code: 'SESSION_STORE_UNREACHABLE', message: expect.stringContaining('EEXIST') }),
		);
	});

	test('that was spoiled is said to be so; memory goes on, and the directory is left as it is', async () => {
		const directory = await freshDirectory();
		await writeFile(join(directory, 'global', 'pg_control'), 'no control file');
		const clock = new FakeClock();
		const manager = new SessionManager({ clock, storage: sqlSessionStorage(directory) });
		await expect(manager.restore()).rejects.toThrow(expect.objectContaining({ code: 'SESSION_STORE_CORRUPT', message: expect.stringContaining(directory) }));
		manager.registerConnection('s1', 'u1', 'acme', 'browser');
		expect(manager.health()).toMatchObject({ sessions: 1, storage: { status: 'failing', lastError: { code: 'SESSION_STORE_CORRUPT' } } });
		expect(await readFile(join(directory, 'global', 'pg_control'), 'utf8')).toBe('no control file');
		// Mended while the manager runs: the next try finds it.
		await cp(join(template, 'global', 'pg_control'), join(directory, 'global', 'pg_control'));
		clock.advance(60_000);
		await vi.waitFor(() => expect(manager.health().storage).toMatchObject({ status: 'working', pendingWrites: 0 }), { timeout: 25_000 });
		await manager.close();
	});

	test('without its package says what to install', async () => {
		const missing = Object.assign(new Error("Cannot find package 'some-package'"), { code: 'ERR_MODULE_NOT_FOUND' });
		await expect(optionalPackage('some-package', 'a thing', () => Promise.reject(missing))).rejects.toThrow(
			expect.objectContaining({ code: 'SESSION_STORE_PACKAGE_MISSING', message: expect.stringContaining('npm install some-package') }),
		);
		await expect(optionalPackage('some-package', 'a thing', () => Promise.reject(new Error('other')))).rejects.toThrow(/^other$/);
	});
});

describe('a process that is killed', () => {
	let program: string;
	beforeAll(async () => {
		// Below the package, so that what it may install resolves.
		program = fileURLToPath(new URL('../../../.cache/session-process.mjs', import.meta.url));
		await build({
			entryPoints: [fileURLToPath(new URL('../fixtures/session-process.ts', import.meta.url))],
			outfile: program,
			bundle: true,
			platform: 'node',
			format: 'esm',
			conditions: ['@linkscope/source'],
			external: ['@electric-sql/pglite', 'pg'],
		});
	});

	/** @returns when it has stored `count` sessions. */
	async function startProcess(directory: string, count: number) {
		const child = spawn(process.execPath, [program, directory, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
		const gone = once(child, 'close');
		onTestFinished(() => void child.kill('SIGKILL'));
		const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), gone]);
		return { said: line, pid: child.pid as number, kill: () => child.kill('SIGKILL') && gone };
	}

	test('in the middle of its writes leaves every session as it was stored, twice in a row', async () => {
		const directory = await freshDirectory();
		for (const restored of [0, 50]) {
			const child = await startProcess(directory, 50);
			expect(child.said).toBe(`stored, restored ${restored}`);
			await expect(open(directory).load()).rejects.toThrow(`process ${child.pid} keeps its sessions in`);
			await child.kill();
		}
		const manager = new SessionManager({ clock: new FakeClock(Date.now()), storage: open(directory) });
		expect(await manager.restore()).toBe(50);
		expect(manager.health()).toMatchObject({ byStatus: { CONNECTED: 48, DISCONNECTED: 1, RECONNECTING: 1 }, storage: { corruptSessions: 0 } });
		expect(manager.getConnection('s7')).toMatchObject({ userId: 'u7', connectionQuality: 'EXCELLENT', metadata: { number: 7 } });
		expect(manager.getConnection('s7')?.latency).toBeGreaterThan(300);
		await manager.close();
	});
});
