import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerOptions, WebSocketServer } from 'ws';
import { FakeProcess } from './fixtures/fake-process.js';
import { runCli } from './run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

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
		expect(await cli('help')).toEqual(await cli('--help'));
		expect(await cli('help', 'check')).toEqual(await cli('check', '--help'));
	});

	it.each([
		[[], 'needs a command'],
		[['frobnicate'], 'there is no command "frobnicate"'],
		[['demo', '--prot', '1'], 'there is no option "--prot"'],
		[['demo', '--port'], '--port needs a value'],
		[['demo', '--once=no'], '--once takes no value'],
		[['demo', 'now'], 'takes options alone, got "now"'],
		[['--constructor'], 'there is no option "--constructor"'],
		[['demo', '--port', '-1'], '--port'],
		[['demo', '--port', 'NaN'], '--port must be a whole number from 0 to 65535, got "NaN"'],
		[['demo', '--port', '65536'], '--port must be'],
		[['check'], 'takes one URL, got 0'],
		[['check', 'a', 'b'], 'takes one URL, got 2'],
		[['check', 'not a url'], 'needs an absolute ws: or wss: URL'],
		[['check', 'ws://127.0.0.1/#top'], 'has no fragment: leave out "#top"'],
		[['check', 'ws://127.0.0.1', '--timeout', '0'], '--timeout must be a whole number from 1 to 3600, got "0"'],
		[['check', 'ws://127.0.0.1', '--pings', 'many'], '--pings must be a whole number'],
	])('ends with 2 and says what is wrong: %j', async (args, message) => {
		const { code, out, err } = await cli(...args);
		expect(code).toBe(2);
		expect(out).toBe('');
		expect(err).toContain(message);
		expect(err).toMatch(/^linkscope: .+\nTry: linkscope (\w+ )?--help\n$/);
	});
});

describe('linkscope check', () => {
	it('ends with 0 where all is well: stage, latency, close', async () => {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		await once(server, 'listening');
		onTestFinished(() => server.close());
		const { code, out } = await cli('check', `ws://127.0.0.1:${(server.address() as AddressInfo).port}/a?token=secret`, '--pings', '3');
		expect(out).toMatch(/connect +[\d.]+ ms, within its budget of 2\.0 s/);
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

	async function listening(options: ServerOptions = {}): Promise<{ server: WebSocketServer; port: number }> {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
		await once(server, 'listening');
		onTestFinished(() => {
			for (const client of server.clients) client.terminate();
			server.close();
		});
		return { server, port: (server.address() as AddressInfo).port };
	}

	it('ends with 1 and the verdict timeout where no ping is answered', async () => {
		const { port } = await listening({ autoPong: false });
		const { code, out, err } = await cli('check', `ws://127.0.0.1:${port}`, '--timeout', '1');
		expect(err).toBe('linkscope: the server answered no ping within 1000 ms\n');
		expect(out).toContain('verdict   timeout');
		expect(code).toBe(1);
	});

	it('tells code and reason of a server that leaves meanwhile', async () => {
		const { server, port } = await listening();
		server.on('connection', (socket) => socket.on('ping', () => socket.close(4401, 'unauthorized')));
		const { code, out, err } = await cli('check', `ws://127.0.0.1:${port}`);
		expect(err).toContain('ended with 4401 "unauthorized"');
		expect(out).toContain('verdict   auth-refused');
		expect(code).toBe(1);
	});

	it('says in one line that a server speaks no TLS', async () => {
		const { port } = await listening();
		const { code, err } = await cli('check', `wss://127.0.0.1:${port}`);
		expect(err).toBe(`linkscope: websocket: no connection to 127.0.0.1:${port}: the server does not speak TLS: use ws:// instead of wss:// [OPEN_FAILED]\n`);
		expect(code).toBe(1);
	});

	it.each([
		[401, 'auth-refused'],
		[403, 'auth-refused'],
		[404, 'refused'],
	])('ends with 1 where the upgrade is answered %d: %s', async (status, verdict) => {
		const port = await listenOnFreePort(createServer((_request, response) => response.writeHead(status).end()));
		const { code, out, err } = await cli('check', `ws://127.0.0.1:${port}`);
		expect(err).toContain(String(status));
		expect(out).toContain(`verdict   ${verdict}`);
		expect(code).toBe(1);
	});
});
