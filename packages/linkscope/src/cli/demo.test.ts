import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { acceptInvite, createIdentity, SyncPlugin, sendFile } from '../index.js';
import { bundleCommand } from './fixtures/bundled-command.js';
import { FakeProcess } from './fixtures/fake-process.js';
import { runCli } from './run-cli.js';

// A build, and processes that start.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
let file: string;
beforeAll(async () => {
	file = await bundleCommand('demo');
});

async function demo(...args: string[]) {
	const process = new FakeProcess();
	const code = await runCli(['demo', '--once', '--port', '0', ...args], process, root, file);
	return { code, out: process.out, err: process.err };
}

/** Processes of this test's command that are still there. */
function children(): string[] {
	return execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
		.split('\n')
		.filter((line) => line.includes(file));
}

describe('linkscope demo --once', () => {
	it('does the seven steps of an invite between processes, and then an application', async () => {
		const { code, out, err } = await demo();
		expect(err).toBe('');
		expect(code).toBe(0);
		const [steps = '', traffic = ''] = out.split('The traffic of an application that knows nothing of linkscope');

		const log = [
			'inviter  📤 Invite created',
			'invitee  📥 Invite pasted',
			'invitee  📨 Discovery: 5 messages',
			'invitee  🔐 Authenticated: the peer is',
			'inviter  🔒 Encrypted',
			'inviter  🤝 Paired',
			'invitee  ✅ relay connected',
			'relay    call: outcome local',
			'🔄 Synchronisation done',
			'📄 File received: holiday.jpg, 524,288 bytes',
		];
		for (const line of log) expect(steps).toContain(line);
		expect(steps).not.toMatch(/[\w-]{43}\.[\w-]{86}/);
		const [invitee = '', inviter = ''] = (steps.split('against what is expected of each')[1] ?? '').split('  INVITER');
		expect([...invitee.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)).toEqual([
			'validate',
			'discover',
			'connect',
			'auth',
			'encrypt',
			'pair',
			'sync',
			'total',
		]);
		for (const name of ['connect', 'auth', 'encrypt', 'pair', 'sync', 'total']) expect(inviter).toMatch(new RegExp(`^ {2}${name} .*within$`, 'm'));
		expect(steps).toContain('CONNECTION REPORT [INVITEE]');
		expect(steps).toContain('All seven steps were done; 200 objects were synchronised, and a file of 524,288 bytes came.');
		for (const line of steps.split('\n')) expect(line.length).toBeLessThanOrEqual(100);

		expect(traffic).toContain('✅ WebSocket connected: ws://127.0.0.1:');
		expect(traffic).toContain('1000 Close called: New connection replaced old one');
		expect(traffic).toContain('CONNECTION REPORT [DEMO]');
		expect(traffic).toContain('1006 refused');
		expect(traffic).toContain('counted by itself: 6 connections');
		expect(traffic).toContain("The stats say the same.\nThe report's other 2 went elsewhere: /nowhere (refused), /link (a Connection with plugins).");
		expect(out).not.toContain('Open http');
		expect(children()).toEqual([]);
	});

	it('gives way where the port is taken, and says so', async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		onTestFinished(() => void server.close());
		const { port } = server.address() as AddressInfo;
		const { code, out } = await demo('--port', String(port));
		expect(out).toContain(`Port ${port} is taken; this free one is used instead.`);
		expect(out).toContain('The stats say the same.');
		expect(code).toBe(0);
	});

	it('ends with 1 where it cannot listen', async () => {
		// An address of documentation (RFC 5737), so never this machine's.
		const { code, err } = await demo('--host', '192.0.2.1');
		expect(err).toContain('192.0.2.1');
		expect(code).toBe(1);
	});

	it('ends with 1 and says who failed and why where a process does not start', async () => {
		const process = new FakeProcess();
		expect(await runCli(['demo', '--once', '--port', '0'], process, root, join(root, 'nowhere.js'))).toBe(1);
		expect(process.err).toMatch(/^linkscope: the (relay|inviter|invitee) failed: its process ended with exit code 1/);
		expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(0);
	});

	it('that is stopped half-way ends every process and with 1', async () => {
		const process = new FakeProcess();
		const ended = runCli(['demo', '--once', '--port', '0'], process, root, file);
		await expect.poll(() => children().length).toBeGreaterThan(1);
		process.emit('SIGINT');
		expect(await ended).toBe(1);
		expect(children()).toEqual([]);
	});
});

describe('linkscope demo', () => {
	it('keeps page, relay and inviter up and offers invites until Ctrl-C, and leaves nothing behind', async () => {
		const process = new FakeProcess();
		const ended = runCli(['demo', '--port', '0'], process, root, file);
		const links = () => [...process.out.matchAll(/^http\S+#\S+$/gm)].map(([link]) => link);
		await expect.poll(links).toHaveLength(1);
		const url = /Open (http:\S+) to watch/.exec(process.out)?.[1] as string;
		expect(links()[0]).toContain(`${url}#`);
		expect((await fetch(url)).headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self' ws: wss:/);

		const connection = await acceptInvite(links()[0] as string, { identity: createIdentity(), plugins: () => [new SyncPlugin()] });
		connection.send('hello');
		expect((await connection.messages().next()).value).toBe('hello');
		await sendFile(connection, new Blob(['for the inviter']), { name: 'note.txt' });
		await expect.poll(() => process.out).toContain('\nThe inviter has received note.txt, 15 bytes: ');
		const [, path = ''] = /has received note\.txt, 15 bytes: (\S+), until/.exec(process.out) ?? [];
		expect(readFileSync(path, 'utf8')).toBe('for the inviter');
		await expect(sendFile(connection, new Blob([new Uint8Array(2 ** 26 + 1)]))).rejects.toMatchObject({ code: 'FILE_REFUSED' });
		await expect.poll(links).toHaveLength(2);
		await connection.close();

		process.emit('SIGINT');
		expect(await ended).toBe(0);
		expect(process.out).toMatch(/Closing …\n[\s\S]*Closed\.\n$/);
		expect(existsSync(dirname(path))).toBe(false);
		await expect(fetch(url)).rejects.toThrow();
		expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(0);
		expect(children()).toEqual([]);
	});
});
