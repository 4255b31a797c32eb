import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { runCli } from './run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

class FakeProcess extends EventEmitter {
	out = '';
	err = '';
	env = {};
	stdout = { write: (text: string) => (this.out += text) };
	stderr = { write: (text: string) => (this.err += text) };
}

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
	const process = new FakeProcess();
	const code = await runCli(args, process, root);
	return { code, out: process.out, err: process.err };
}

async function listenOnFreePort(server: {
	listen: (port: number, host: string, done: () => void) => unknown;
	address(): unknown;
	close(): unknown;
}): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
}

describe('linkscope', () => {
	it('tells its version and its commands', async () => {
		expect(await cli('--version')).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
		expect((await cli('--help')).out).toMatch(/demo[\s\S]*check <url>/);
		expect((await cli('demo', '--help')).out).toContain('--once');
		expect((await cli('check', '-h')).out).toContain('Exit code');
	});

	it.each([
		[[], 'needs a command'],
		[['frobnicate'], 'there is no command "frobnicate"'],
		[['demo', '--prot', '1'], "Unknown option '--prot'"],
		[['demo', '--port', '-1'], '--port'],
		[['demo', '--port', 'NaN'], '--port must be a whole number from 0 to 65535, got "NaN"'],
		[['demo', '--port', '65536'], '--port must be'],
		[['check'], 'takes one URL, got 0'],
		[['check', 'a', 'b'], 'takes one URL, got 2'],
		[['check', 'not a url'], 'needs an absolute ws: or wss: URL'],
		[['check', 'ws://127.0.0.1', '--pings', 'many'], '--pings must be a whole number'],
	])('ends with 2 and says what is wrong: %j', async (args, message) => {
		const { code, out, err } = await cli(...args);
		expect(code).toBe(2);
		expect(out).toBe('');
		expect(err).toContain(message);
		expect(err).toContain('linkscope --help');
	});
});

describe('linkscope demo', () => {
	it('once: drives traffic, prints log and report that equal what the server counted, and ends', async () => {
		const { code, out, err } = await cli('demo', '--once', '--port', '0');
		expect(err).toBe('');
		expect(out).toContain('✅ WebSocket connected: ws://127.0.0.1:');
		expect(out).toContain('1000 Close called: New connection replaced old one');
		expect(out).toContain('CONNECTION REPORT [DEMO]');
		expect(out).toContain('1006 refused');
		expect(out).toContain('The stats say the same.');
		expect(out).not.toContain('Open http');
		expect(code).toBe(0);
	});

	it('gives way where the port is taken, and says so', async () => {
		const port = await listenOnFreePort(createServer());
		const { code, out } = await cli('demo', '--once', '--port', String(port));
		expect(out).toContain(`Port ${port} is taken; this free one is used instead.`);
		expect(out).toContain('The stats say the same.');
		expect(code).toBe(0);
	});

	it('ends with 1 where it cannot listen', async () => {
		// An address of documentation (RFC 5737), so never this machine's.
		const { code, err } = await cli('demo', '--once', '--host', '192.0.2.1');
		expect(err).toContain('192.0.2.1');
		expect(code).toBe(1);
	});

	it('serves until Ctrl-C, and leaves nothing open', async () => {
		const process = new FakeProcess();
		const ended = runCli(['demo', '--port', '0'], process, root);
		await vi.waitFor(() => expect(process.out).toContain('Ctrl-C ends it.'), 10_000);
		const url = /Open (http:\S+)/.exec(process.out)?.[1] as string;
		expect((await fetch(url)).headers.get('content-security-policy')).toContain("default-src 'none'");
		process.emit('SIGINT');
		expect(await ended).toBe(0);
		await expect(fetch(url)).rejects.toThrow();
		expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(0);
	});
});

describe('linkscope check', () => {
	it('ends with 0 where all is well: stage, latency, close', async () => {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		await once(server, 'listening');
		onTestFinished(() => server.close());
		const { code, out } = await cli('check', `ws://127.0.0.1:${(server.address() as AddressInfo).port}/a?token=secret`, '--pings', '3');
		expect(out).toMatch(/connect +[\d.]+ ms \(budget 2\.0 s\)/);
		expect(out).toMatch(/latency +.* of 3 round trips/);
		expect(out).toContain('closed    1000 normal, by local');
		expect(out).not.toContain('secret');
		expect(code).toBe(0);
	});

	it('ends with 1 where nobody listens', async () => {
		const server = createServer();
		const port = await listenOnFreePort(server);
		await new Promise((resolve) => server.close(resolve));
		const { code, err } = await cli('check', `ws://127.0.0.1:${port}`);
		expect(err).toContain('[OPEN_FAILED]');
		expect(code).toBe(1);
	});

	it('ends with 1 where the upgrade is refused', async () => {
		const port = await listenOnFreePort(createServer((_request, response) => response.writeHead(403).end()));
		const { code, out, err } = await cli('check', `ws://127.0.0.1:${port}`);
		expect(err).toContain('403');
		expect(out).toContain('verdict   auth-refused');
		expect(code).toBe(1);
	});
});
