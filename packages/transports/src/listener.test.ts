import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { Connection, type Transport } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import express from 'express';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer, WebSocket as Ws } from 'ws';
import { selfSigned } from './test-certificate.js';
import { type DialOptions, dialWebSocket } from './websocket.js';
import { createWebSocketListener, type ListenerOptions, type WebSocketListener } from './websocket-server.js';

/** A listener that echoes. */
async function echo(options?: ListenerOptions): Promise<{ listener: WebSocketListener; url: string; port: number; connections: Connection[] }> {
	const listener = createWebSocketListener(options);
	onTestFinished(() => listener.close());
	const connections: Connection[] = [];
	listener.onTransport.on(({ transport }) => {
		const connection = new Connection(transport, { initiator: false });
		connections.push(connection);
		connection.onMessage.on((message) => void connection.send(message));
		connection.open().catch(() => {});
	});
	return { listener, connections, ...(await listener.listen()) };
}

async function echoed(url: string, options?: DialOptions): Promise<unknown> {
	const connection = new Connection(dialWebSocket(url, options));
	const answer = new Promise((resolve) => connection.onMessage.once(resolve));
	await connection.open();
	connection.send('hello');
	const got = await answer;
	await connection.close();
	return got;
}

/** HTTP status that a client is refused with; null when it is let in. */
function statusOf(url: string, options: { origin?: string; headers?: Record<string, string> } = {}): Promise<number | null> {
	const client = new Ws(url, options);
	client.on('error', () => {});
	return new Promise((resolve) => {
		client.once('unexpected-response', (_request, response) => {
			resolve(response.statusCode ?? 0);
			client.terminate();
		});
		client.once('open', () => {
			resolve(null);
			client.terminate();
		});
	});
}

async function started<S extends Server>(server: S): Promise<{ server: S; port: number }> {
	if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { server, port: (server.address() as AddressInfo).port };
}

describe('a listener on a port of its own', () => {
	test('takes a free loopback port and says where it is', async () => {
		const { url, port } = await echo({ path: '/feed' });
		expect(url).toBe(`ws://127.0.0.1:${port}/feed`);
		expect(await echoed(url)).toBe('hello');
	});

	test('a port in use is LISTEN_FAILED, and says what to do', async () => {
		const { port } = await echo();
		const error = await createWebSocketListener({ port })
			.listen()
			.catch((error) => error);
		expect(error).toMatchObject({ code: 'LISTEN_FAILED', cause: { code: 'EADDRINUSE' } });
		expect(error.message).toContain(`port ${port} of 127.0.0.1 is taken`);
	});

	test('answers plain HTTP with 426 and other paths with 404', async () => {
		const { port } = await echo({ path: '/feed' });
		expect((await fetch(`http://127.0.0.1:${port}/feed`)).status).toBe(426);
		expect(await statusOf(`ws://127.0.0.1:${port}/other`)).toBe(404);
		expect(await statusOf(`ws://127.0.0.1:${port}/feed?x=1`)).toBe(null);
	});

	test('a client that trickles its upgrade is cut off after upgradeTimeoutMs; one that has upgraded is not', async () => {
		const clock = new FakeClock();
		const { url, port, listener } = await echo({ clock, upgradeTimeoutMs: 2_000 });
		const slow = connect(port, '127.0.0.1');
		slow.on('error', () => {});
		slow.write('GET / HTTP/1.1\r\nHost: x\r\nUpgr');
		const client = new Connection(dialWebSocket(url));
		await client.open();
		await vi.waitFor(() => expect(clock.pending).toBe(1), 25_000);
		const ended = new Promise((resolve) => slow.resume().once('close', resolve));
		clock.advance(2_000);
		await ended;
		expect(listener.connectionCount).toBe(1);
		expect(client.state).toBe('ACTIVE');
		await client.close();
	});

	test('refuses with 503 beyond maxConnections, and takes new ones when some have left', async () => {
		const { url, listener } = await echo({ maxConnections: 1 });
		const first = new Connection(dialWebSocket(url));
		await first.open();
		expect(await statusOf(url)).toBe(503);
		await first.close();
		await vi.waitFor(() => expect(listener.connectionCount).toBe(0), 25_000);
		expect(await echoed(url)).toBe('hello');
	});

	test('without a subscriber a connection is told to try again later, not left hanging', async () => {
		const listener = createWebSocketListener();
		onTestFinished(() => listener.close());
		const { url } = await listener.listen();
		const client = new Ws(url);
		client.once('open', () => {
			for (let i = 0; i < 100; i++) client.send('anybody there?');
		});
		expect(await new Promise((resolve) => client.once('close', resolve))).toBe(1013);
	});

	test('a connection nobody opened can still be closed, whatever its client has sent', async () => {
		const listener = createWebSocketListener();
		onTestFinished(() => listener.close());
		const accepted = new Promise<Transport>((resolve) => listener.onTransport.once(({ transport }) => resolve(transport)));
		const { url } = await listener.listen();
		const client = new Ws(url);
		client.once('open', () => client.send('early'));
		const transport = await accepted;
		for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
		client.send('more');
		transport.close(4000, 'not today');
		expect(await new Promise((resolve) => client.once('close', resolve))).toBe(4000);
	});

	test('agrees on the first subprotocol of the client that it speaks, and on none it does not speak', async () => {
		const listener = createWebSocketListener({ protocols: ['b', 'c'] });
		onTestFinished(() => listener.close());
		const agreed: string[] = [];
		listener.onTransport.on(({ transport, request }) => {
			agreed.push(request.protocol);
			transport.close(1000, '');
		});
		const { url } = await listener.listen();
		const client = new Ws(url, ['a', 'c', 'b']);
		await new Promise((resolve) => client.once('close', resolve));
		expect(agreed).toEqual(['c']);
		const stranger = new Ws(url, ['a']);
		await expect(new Promise((_, reject) => stranger.once('error', reject))).rejects.toThrow('no subprotocol');
	});

	test('hands over what it knows of the request', async () => {
		const listener = createWebSocketListener();
		onTestFinished(() => listener.close());
		const accepted = new Promise((resolve) =>
			listener.onTransport.once(({ transport, request }) => {
				resolve(request);
				transport.close(1000, '');
			}),
		);
		const { url } = await listener.listen();
		new Ws(`${url}room?id=7`, { headers: { 'x-a': 'b' } });
		expect(await accepted).toMatchObject({ url: '/room?id=7', headers: { 'x-a': 'b' }, origin: undefined, remoteAddress: '127.0.0.1', protocol: '' });
	});
});

describe('origins', () => {
	test('by default pages of the dialled host may connect, and clients that are no browser', async () => {
		const { url, port } = await echo();
		expect(await statusOf(url)).toBe(null);
		expect(await statusOf(url, { origin: 'http://127.0.0.1:5173' })).toBe(null);
		expect(await statusOf(url, { origin: 'https://evil.example' })).toBe(403);
		expect(await statusOf(url, { origin: 'null' })).toBe(403);
		expect(await statusOf(url, { origin: `http://127.0.0.1.evil.example:${port}` })).toBe(403);
	});

	test('a list names the pages, exactly', async () => {
		const { url } = await echo({ origins: ['https://app.example'] });
		expect(await statusOf(url, { origin: 'https://app.example' })).toBe(null);
		expect(await statusOf(url, { origin: 'https://app.example.evil' })).toBe(403);
		expect(await statusOf(url, { origin: 'http://127.0.0.1' })).toBe(403);
	});

	test('a function decides, also where there is no origin', async () => {
		const { url } = await echo({ origins: (origin) => origin === 'app://desktop' });
		expect(await statusOf(url, { origin: 'app://desktop' })).toBe(null);
		expect(await statusOf(url)).toBe(403);
	});
});

describe('a listener attached to a server', () => {
	test('shares an HTTP server with another WebSocket server and with requests', async () => {
		const { server, port } = await started(createServer((_request, response) => response.end('page')));
		const foreign = new WebSocketServer({ noServer: true });
		foreign.on('connection', (socket) => socket.close(4001, 'foreign'));
		server.on('upgrade', (request, socket, head) => {
			if (request.url === '/foreign') foreign.handleUpgrade(request, socket, head, (client) => foreign.emit('connection', client, request));
		});
		const { url, listener } = await echo({ server, path: '/ours' });
		expect(url).toBe(`ws://127.0.0.1:${port}/ours`);
		expect(await echoed(url)).toBe('hello');
		const client = new Ws(`ws://127.0.0.1:${port}/foreign`);
		expect(await new Promise((resolve) => client.once('close', resolve))).toBe(4001);
		await listener.close();
		expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page');
		expect(server.listenerCount('upgrade')).toBe(1);
	});

	test('answers a foreign path with 404 where nobody else would', async () => {
		const { server, port } = await started(createServer());
		await echo({ server, path: '/ours' });
		expect(await statusOf(`ws://127.0.0.1:${port}/nowhere`)).toBe(404);
	});

	test('waits for a server that listens later', async () => {
		const server = createServer();
		const listener = createWebSocketListener({ server });
		onTestFinished(() => listener.close());
		const listening = listener.listen();
		const { port } = await started(server);
		expect(await listening).toMatchObject({ port });
	});

	test('works on what Express listens with', async () => {
		const app = express();
		app.get('/page', (_request, response) => void response.send('page'));
		const { server, port } = await started(app.listen(0, '127.0.0.1'));
		await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', resolve)));
		const { url } = await echo({ server, path: '/live' });
		expect(await echoed(url)).toBe('hello');
		expect(await (await fetch(`http://127.0.0.1:${port || (server.address() as AddressInfo).port}/page`)).text()).toBe('page');
	});

	test('works on HTTPS; the client trusts the CA it is given, and no other', async () => {
		const { key, cert } = selfSigned();
		const { server } = await started(createHttpsServer({ key, cert }));
		const { url } = await echo({ server });
		expect(url).toMatch(/^wss:/);
		expect(await echoed(url, { ca: cert })).toBe('hello');
		await expect(echoed(url)).rejects.toMatchObject({ code: 'OPEN_FAILED', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
	});
});

describe('closing a listener', () => {
	test('tells its clients 1001, frees the port and leaves nothing', async () => {
		const { url, port, listener, connections } = await echo();
		const client = new Connection(dialWebSocket(url));
		await client.open();
		await listener.close();
		await vi.waitFor(() => expect(client.closeInfo).toMatchObject({ code: 1001, reason: 'server shutting down', initiatedBy: 'remote' }), 25_000);
		expect(connections[0]?.closeInfo).toMatchObject({ code: 1001, initiatedBy: 'local' });
		const again = createWebSocketListener({ port });
		await again.listen();
		await again.close();
		await again.close();
		await expect(again.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
	});

	test('ends within its bound although a client never answers', async () => {
		const clock = new FakeClock();
		const { port, listener } = await echo({ clock, closeTimeoutMs: 1_000 });
		const mute = connect(port, '127.0.0.1');
		mute.on('error', () => {});
		mute.write(
			'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
		);
		await vi.waitFor(() => expect(listener.connectionCount).toBe(1), 25_000);
		const closed = listener.close();
		await vi.waitFor(() => expect(clock.pending).toBe(1), 25_000);
		clock.advance(1_000);
		await closed;
		expect(listener.connectionCount).toBe(0);
		mute.destroy();
	});

	test('does not wait for a connection that never upgraded', async () => {
		const { port, listener } = await echo();
		const idle = connect(port, '127.0.0.1');
		idle.on('error', () => {});
		await new Promise<void>((resolve) => idle.once('connect', resolve));
		await listener.close();
	});

	test('a listener that never listened closes too, and one whose server never does', async () => {
		await createWebSocketListener().close();
		const attached = createWebSocketListener({ server: createServer() });
		void attached.listen();
		await attached.close();
	});
});

test.each([
	['port', { port: Number.NaN }, RangeError],
	['port', { port: 65_536 }, RangeError],
	['upgradeTimeoutMs', { upgradeTimeoutMs: -1 }, RangeError],
	['maxConnections', { maxConnections: 0 }, RangeError],
	['maxMessageBytes', { maxMessageBytes: Number.NaN }, RangeError],
	['closeTimeoutMs', { closeTimeoutMs: Number.NaN }, RangeError],
	['path', { path: 'feed' }, TypeError],
	['server', { server: createServer(), port: 1 }, TypeError],
])('a bad %s is said at once, by name', (name, options, kind) => {
	expect(() => createWebSocketListener(options)).toThrow(kind);
	expect(() => createWebSocketListener(options)).toThrow(name);
});
