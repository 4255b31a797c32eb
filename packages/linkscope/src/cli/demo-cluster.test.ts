import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { createRelayListener, openRelay } from '@linkscope/transports/relay';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundleFromSource } from '../../../../examples/run-from-source.js';

const soon = { timeout: 25_000, interval: 50 };
const hasRedis = spawnSync(process.env.LINKSCOPE_REDIS_SERVER ?? 'redis-server', ['--version']).status === 0;

describe('linkscope relay --demo-cluster', () => {
	let child: ChildProcess | null = null;
	let out = '';
	let err = '';

	async function start(env: NodeJS.ProcessEnv, ...args: string[]): Promise<ChildProcess> {
		const file = await bundleFromSource(new URL('../cli.ts', import.meta.url));
		child = spawn(process.execPath, [file, 'relay', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
		[out, err] = ['', ''];
		child.stdout?.on('data', (text) => (out += text));
		child.stderr?.on('data', (text) => (err += text));
		return child;
	}

	afterEach(async () => {
		if (child && child.exitCode === null) {
			child.kill();
			await once(child, 'exit');
		}
	});

	it.skipIf(!hasRedis && !process.env.CI)('starts relays that share a Redis of their own, and takes everything away with Ctrl-C', async () => {
		const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('linkscope-redis-'));
		const foldersBefore = folders();
		const process = await start(globalThis.process.env, '--demo-cluster', '2');
		await vi.waitFor(() => expect(out).toContain('Ctrl-C'), soon);
		const urls = [...out.matchAll(/node \d {2}(ws:\S+)/g)].map(([, url]) => url as string);
		const redisPort = Number(/redis:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1]);
		expect(urls).toHaveLength(2);

		const [waiting, asking] = [createIdentity(defaultPrimitives()), createIdentity(defaultPrimitives())];
		const listener = createRelayListener({ relay: urls[0] as string, identity: waiting, backoff: { next: () => 50 } });
		listener.start();
		await vi.waitFor(async () => {
			const session = await openRelay(urls[1] as string, { identity: asking });
			const { registered } = await session.discover(waiting.publicKey);
			session.close();
			expect(registered).toBe(true);
		}, soon);
		listener.stop();

		// As a terminal does: to the command and to all that it has started.
		globalThis.process.kill(-(process.pid as number), 'SIGINT');
		expect(await once(process, 'exit')).toEqual([0, null]);
		for (const port of [redisPort, ...urls.map((url) => Number(new URL(url).port))]) expect(await isListening(port)).toBe(false);
		expect(folders().filter((name) => !foldersBefore.includes(name))).toEqual([]);
	});

	it('says in one line what to install where there is no Redis, with 1', async () => {
		const process = await start({ ...globalThis.process.env, LINKSCOPE_REDIS_SERVER: '/none' }, '--demo-cluster', '3');
		expect(await once(process, 'exit')).toEqual([1, null]);
		expect(err).toMatch(/^linkscope: no redis-server was found on this machine: install it .*\n$/);
	});

	it.each([
		[['--demo-cluster', '0'], '--demo-cluster must be a whole number from 1 to 9, got "0"'],
		[['--demo-cluster', '3', '--redis', 'redis://127.0.0.1'], '--demo-cluster brings its own Redis and takes free ports: leave out --redis'],
	])('refuses %j with 2', async (args, expected) => {
		const process = await start(globalThis.process.env, ...args);
		expect(await once(process, 'exit')).toEqual([2, null]);
		expect(err).toContain(expected);
	});
});

function isListening(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket
			.once('error', () => resolve(false))
			.once('connect', () => {
				socket.destroy();
				resolve(true);
			});
	});
}
