import { Agent, type IncomingMessage } from 'node:http';
import { Connection, type LinkscopeError } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { tcpServer, wsServer } from './test-servers.js';
import { type DialOptions, dialWebSocket } from './websocket.js';

async function failure(
	url: Parameters<typeof dialWebSocket>[0],
	options?: DialOptions,
): Promise<LinkscopeError & { status?: number; cause?: { code?: string } }> {
	const connection = new Connection(dialWebSocket(url, options));
	return connection.open().then(
		() => expect.unreachable('it opened'),
		(error) => error,
	);
}

async function opened(url: Parameters<typeof dialWebSocket>[0], options?: DialOptions): Promise<Connection> {
	const connection = new Connection(dialWebSocket(url, options));
	await connection.open();
	return connection;
}

describe('what cannot be dialled', () => {
	test('an unreachable host is named with the cause', async () => {
		const { url } = await tcpServer();
		const { port } = new URL(url);
		const closed = String(Number(port) === 1 ? 2 : 1);
		const error = await failure(`ws://user:secret@127.0.0.1:${closed}/path?token=secret`);
		expect(error).toMatchObject({ code: 'OPEN_FAILED', cause: { code: 'ECONNREFUSED' } });
		expect(error.message).toContain(`127.0.0.1:${closed}`);
		expect(error.message).toContain('ECONNREFUSED');
		expect(error.message).not.toContain('secret');
	});

	test('a server that speaks no TLS is said in one line', async () => {
		const { url } = await wsServer();
		const { code, message } = await failure(url.replace('ws:', 'wss:'));
		expect([code, message]).toEqual([
			'OPEN_FAILED',
			`websocket: no connection to ${new URL(url).host}: the server does not speak TLS: use ws:// instead of wss://`,
		]);
	});

	test.each(['', 'nowhere', 'ftp://host/', 'ws://', '//host/', 'file:///etc/passwd'])('%j is no URL to dial, said before anything is dialled', (url) => {
		expect(() => dialWebSocket(url)).toThrow(expect.objectContaining({ code: 'URL_INVALID' }));
	});

	test.each(['ws:user:SECRET@', 'user:SECRET@host', 'ws://user:SECRET@ho st/?token=SECRET'])('what is no URL (%s) is quoted without its secrets', (url) => {
		expect(() => dialWebSocket(url)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('SECRET') }));
	});

	test('an invalid URL is reported without its credentials and query', () => {
		expect(() => dialWebSocket('ws://me:pass word@ho st/x?token=t0ken')).toThrow(/got "ws:\/\/ho st\/x"$/);
	});

	test('a URL computed per dial is checked too', async () => {
		expect(await failure(() => 'nowhere')).toMatchObject({ code: 'URL_INVALID' });
		expect(await failure(() => Promise.reject(new Error('no token left')))).toMatchObject({
			code: 'OPEN_FAILED',
			message: expect.stringContaining('no token left'),
		});
	});

	test.each([
		['maxMessageBytes', Number.NaN],
		['maxMessageBytes', -1],
		['maxMessageBytes', 0],
		['maxMessageBytes', 2 ** 31],
		['maxMessageBytes', 1.5],
		['highWaterBytes', Number.NaN],
		['highWaterBytes', -5],
	])('%s: %d is a RangeError that names the option', (name, value) => {
		expect(() => dialWebSocket('ws://127.0.0.1:1', { [name]: value })).toThrow(RangeError);
		expect(() => dialWebSocket('ws://127.0.0.1:1', { [name]: value })).toThrow(name);
	});

	test('a cookie cannot smuggle another header in', () => {
		expect(() => dialWebSocket('ws://127.0.0.1:1', { cookies: { a: 'b\r\nX-Evil: 1' } })).toThrow(TypeError);
		expect(() => dialWebSocket('ws://127.0.0.1:1', { cookies: { 'a\r\nX-Evil: 1': 'b' } })).toThrow(TypeError);
		expect(() => dialWebSocket('ws://127.0.0.1:1', { cookies: { 'a=b;c': 'd' } })).toThrow('cookies');
	});
});

describe('servers that refuse', () => {
	test.each([
		[401, 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'],
		[302, 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'],
		[200, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
		[503, 'HTTP/1.1 503 Busy\x1b[31m\r\nContent-Length: 0\r\n\r\n'],
	])('an answer of %d is UPGRADE_REFUSED with that status, and nothing stays open', async (status, answer) => {
		const { url, open } = await tcpServer((socket) => socket.once('data', () => socket.write(answer)));
		const error = await failure(url);
		expect(error).toMatchObject({ code: 'UPGRADE_REFUSED', status });
		expect(error.message).not.toContain('\x1b');
		await vi.waitFor(() => expect(open.size).toBe(0), 25_000);
	});

	test.each([
		['garbage', 'SSH-2.0-OpenSSH_9\r\n'],
		['an upgrade with the wrong key', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n'],
	])('%s is OPEN_FAILED with its cause, and nothing stays open', async (_name, answer) => {
		const { url, open } = await tcpServer((socket) => socket.once('data', () => socket.write(answer)));
		expect(await failure(url)).toMatchObject({ code: 'OPEN_FAILED', cause: expect.any(Error) });
		await vi.waitFor(() => expect(open.size).toBe(0), 25_000);
	});

	test('a server that hangs up is OPEN_FAILED', async () => {
		const { url } = await tcpServer((socket) => socket.destroy());
		expect(await failure(url)).toMatchObject({ code: 'OPEN_FAILED' });
	});

	test('a server that never answers ends in OPEN_TIMEOUT, and nothing stays open', async () => {
		const { url, open } = await tcpServer();
		const clock = new FakeClock();
		const connection = new Connection(dialWebSocket(url), { clock, openTimeoutMs: 3_000 });
		const opening = connection.open();
		opening.catch(() => {});
		await vi.waitFor(() => expect(open.size).toBe(1), 25_000);
		clock.advance(3_000);
		await expect(opening).rejects.toMatchObject({ code: 'OPEN_TIMEOUT' });
		await vi.waitFor(() => expect(open.size).toBe(0), 25_000);
	});

	test('closing a connection that is still dialling leaves no socket behind', async () => {
		const { url, open } = await tcpServer();
		const connection = new Connection(dialWebSocket(url));
		connection.open().catch(() => {});
		await vi.waitFor(() => expect(open.size).toBe(1), 25_000);
		await connection.close();
		expect(connection.state).toBe('CLOSED');
		await vi.waitFor(() => expect(open.size).toBe(0), 25_000);
	});

	test('closing while the address is computed dials nothing', async () => {
		const connections = vi.fn();
		const { url } = await tcpServer(connections);
		let tell = (_url: string): void => {};
		const connection = new Connection(dialWebSocket(() => new Promise<string>((resolve) => (tell = resolve))));
		connection.open().catch(() => {});
		await connection.close();
		tell(url);
		await new Promise((resolve) => setImmediate(resolve));
		expect(connections).not.toHaveBeenCalled();
	});
});

describe('what a dial carries', () => {
	test('headers, cookies and subprotocols arrive; http: is dialled as ws:', async () => {
		const { url, server } = await wsServer({ handleProtocols: () => 'v2' });
		const request = new Promise<IncomingMessage>((resolve) => server.once('connection', (_socket, request) => resolve(request)));
		const connection = await opened(url.replace('ws:', 'http:'), {
			headers: { authorization: 'Bearer x' },
			cookies: { sid: '1', theme: 'dark' },
			protocols: ['v1', 'v2'],
		});
		const { headers } = await request;
		expect(headers).toMatchObject({ authorization: 'Bearer x', cookie: 'sid=1; theme=dark', 'sec-websocket-protocol': 'v1,v2' });
		expect(headers['sec-websocket-extensions']).toBeUndefined();
		await connection.close();
	});

	test('a URL and headers that are functions are asked at each dial', async () => {
		const { url, server } = await wsServer();
		const seen: unknown[] = [];
		server.on('connection', (_socket, request) => seen.push([request.url, request.headers['x-try']]));
		let dials = 0;
		const options = { headers: async () => ({ 'x-try': `${dials}` }) };
		for (let i = 0; i < 2; i++) {
			const connection = await opened(() => `${url}?token=${++dials}`, options);
			await connection.close();
		}
		expect(seen).toEqual([
			['/?token=1', '1'],
			['/?token=2', '2'],
		]);
	});

	test('an agent makes the connection, as a proxy does', async () => {
		const { url } = await wsServer();
		const agent = new Agent();
		const target = new URL(url);
		const proxied = agent as unknown as { createConnection(options: object, done: () => void): never };
		const dial = proxied.createConnection;
		const connect = vi
			.spyOn(proxied, 'createConnection')
			.mockImplementation((options, done) => dial.call(agent, { ...options, host: target.hostname, port: Number(target.port) }, done));
		const connection = await opened('ws://only-the-proxy-knows.example:81/', { agent });
		expect(connect).toHaveBeenCalledOnce();
		await connection.close();
	});

	test('the compression of ws can be turned on', async () => {
		const { url, server } = await wsServer({ perMessageDeflate: true });
		server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
		const connection = await opened(url, { perMessageDeflate: true });
		const answer = new Promise((resolve) => connection.onMessage.once(resolve));
		connection.send('x'.repeat(5000));
		expect(await answer).toBe('x'.repeat(5000));
		await connection.close();
		expect(connection.closeInfo).toMatchObject({ code: 1000, wasClean: true });
	});
});
