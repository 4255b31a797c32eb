import { spawn } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { RelayError } from '../relay-error.js';

/** The environment variable that names a redis-server and overrules the search. */
export const REDIS_SERVER_VARIABLE = 'LINKSCOPE_REDIS_SERVER';

const COMMANDS = ['redis-server', 'valkey-server'];
// Servers live where the PATH of a user need not lead.
const PLACES = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** A Redis of our own, for a demo or a test: on loopback, with nothing on disk that outlives it. */
export interface LocalRedis {
	/** redis://127.0.0.1:<port> */
	readonly url: string;
	readonly port: number;
	readonly pid: number;
	/** Resolves when the process has ended and its folder is gone. Idempotent. */
	stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** @returns an absolute path, or null where this machine has none. */
export function findRedisServer(env: NodeJS.ProcessEnv = process.env): string | null {
	const named = env[REDIS_SERVER_VARIABLE];
	if (named) return isExecutable(named) ? named : null;
	const folders = [...(env.PATH ?? '').split(delimiter).filter(isAbsolute), ...PLACES];
	return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable) ?? null;
}

/**
 * Starts the Redis (or Valkey) that is found on this machine.
 * @param options.port free by default
 * @throws RelayError REDIS_NOT_FOUND, REDIS_NOT_STARTED
 */
export async function startLocalRedis({ port }: { port?: number } = {}): Promise<LocalRedis> {
	const command = findRedisServer();
	if (command === null) {
		throw new RelayError(
			'REDIS_NOT_FOUND',
			`no redis-server was found on this machine: install it (Debian: apt-get install redis-server; macOS: brew install redis), or name one in ${REDIS_SERVER_VARIABLE}`,
		);
	}
	const chosen = port ?? (await freePort());
	const folder = await mkdtemp(join(tmpdir(), 'linkscope-redis-'));
	const settings = { port: chosen, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, daemonize: 'no', loglevel: 'notice', logfile: '' };
	const child = spawn(
		command,
		Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
		// A group of its own: Ctrl-C at a terminal is for whoever started it, who then ends it in order.
		{ stdio: ['ignore', 'pipe', 'ignore'], detached: true },
	);
	// It must not outlive whoever started it.
	const endWithUs = (): void => {
		child.kill('SIGKILL');
		rmSync(folder, { recursive: true, force: true });
	};
	process.once('exit', endWithUs);
	const gone = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve())).then(() => {
		process.off('exit', endWithUs);
		return rm(folder, { recursive: true, force: true });
	});
	let lastLine = '';
	const isReady = await new Promise<boolean>((resolve) => {
		createInterface(child.stdout).on('line', (line) => {
			lastLine = line || lastLine;
			if (/ready to accept connections/i.test(line)) resolve(true);
		});
		void gone.then(() => resolve(false));
	});
	if (!isReady) throw new RelayError('REDIS_NOT_STARTED', `${command} ended at once${lastLine && `: ${lastLine.trim()}`}`);
	// It must not keep its starter from ending; who wants it to end with it, calls stop().
	child.unref();
	(child.stdout as unknown as { unref?: () => void }).unref?.();
	return {
		url: `redis://127.0.0.1:${chosen}`,
		port: chosen,
		pid: child.pid as number,
		stop(signal = 'SIGTERM') {
			child.ref();
			child.kill(signal);
			return gone;
		},
	};
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
