import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createMemoryPair } from '@linkscope/transports/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection, connect, type Listener, listen } from './index.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
	for (const step of undo.splice(0).reverse()) await step();
});

async function echoServer(): Promise<{ url: string; server: WebSocketServer }> {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
	await once(server, 'listening');
	undo.push(() => {
		for (const client of server.clients) client.terminate();
		return new Promise((resolve) => server.close(resolve));
	});
	return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function echoListener(): Promise<Listener> {
	const listener = await listen({ onConnection: (connection) => connection.onMessage.on((message) => connection.send(message)) });
	undo.push(() => listener.close());
	return listener;
}

describe('a Connection over a raw socket', () => {
	it('opens by itself, and what was sent before arrives', async () => {
		const { url } = await echoServer();
		const connection = new Connection(new WebSocket(url));
		connection.send('early');
		expect(connection.state).toBe('INITIALIZING');
		expect((await connection.messages().next()).value).toBe('early');
		expect(connection.state).toBe('ACTIVE');
		await connection.close();
	});

	it('wears statistics and network unless told otherwise', async () => {
		const { url } = await echoServer();
		const usual = new Connection(new WebSocket(url));
		const bare = new Connection(new WebSocket(url), { plugins: [] });
		expect(usual.plugins).toEqual(['websocket', 'statistics', 'network']);
		expect(bare.plugins).toEqual(['websocket']);
		await Promise.all([usual.close(), bare.close()]);
	});

	it('takes a socket that is open already', async () => {
		const { url } = await echoServer();
		const socket = new WebSocket(url);
		await once(socket, 'open');
		const connection = new Connection(socket);
		await connection.open();
		expect(connection.state).toBe('ACTIVE');
		await connection.close();
	});

	it('lets open() be awaited any number of times', async () => {
		const { url } = await echoServer();
		const connection = new Connection(new WebSocket(url));
		await connection.open();
		await connection.open();
		expect(connection.state).toBe('ACTIVE');
		await connection.close();
	});

	it('shows a failure to open in state and onClose, and rejects nothing unheard', async () => {
		const unhandled = vi.fn();
		process.on('unhandledRejection', unhandled);
		undo.push(() => process.off('unhandledRejection', unhandled));
		const { url, server } = await echoServer();
		await new Promise((resolve) => server.close(resolve));
		const connection = new Connection(new WebSocket(url));
		const closed = await new Promise((resolve) => connection.onClose.on(resolve));
		expect(connection.state).toBe('FAILED');
		expect(closed).toMatchObject({ wasClean: false });
		// Node speaks of unhandled rejections at the end of a turn.
		await new Promise((resolve) => setImmediate(resolve));
		expect(unhandled).not.toHaveBeenCalled();
		await expect(connection.open()).rejects.toThrow();
	});

	it('stays closed when it was closed before it could open', async () => {
		const { url } = await echoServer();
		const connection = new Connection(new WebSocket(url));
		await connection.close('changed my mind');
		await Promise.resolve();
		expect(connection.state).toBe('CLOSED');
	});

	it('leaves a transport of your own alone: no plugins, no opening', async () => {
		const [end] = createMemoryPair();
		const connection = new Connection(end);
		await Promise.resolve();
		expect(connection.state).toBe('INITIALIZING');
		expect(connection.plugins).toEqual(['memory']);
	});

	it.each([null, undefined, 'ws://host', {}, 7])('refuses %s with a clear error', (source) => {
		expect(() => new Connection(source as never)).toThrow(/takes a transport or a WebSocket/);
	});
});

describe('what console.log shows of a Connection', () => {
	it('is its id, state, URL and plugins, without credentials, query and internals', async () => {
		const { url } = await echoServer();
		const connection = new Connection(new WebSocket(`${url.replace('//', '//user:pass@')}/room?token=secret`));
		await connection.open();
		expect(inspect({ connection })).toBe(`{\n  connection: Connection ${connection.id} ACTIVE ${url}/room [websocket, statistics, network]\n}`);
		await connection.close();
	});

	it('leaves out what a transport of your own calls its far end, unless that is a URL', () => {
		const [end] = createMemoryPair();
		expect(inspect(new Connection({ ...end, kind: 'own', remote: 'user:pass at host', open: async () => {} } as never))).toMatch(
			/^Connection \S+ INITIALIZING \[own\]$/,
		);
	});
});

describe('connect and listen', () => {
	it('carry text as text and bytes as bytes', async () => {
		const { url } = await echoListener();
		const connection = await connect(url, { label: 'client' });
		const messages = connection.messages();
		connection.send('text');
		connection.send(new Uint8Array([1, 2, 3]));
		expect((await messages.next()).value).toBe('text');
		expect((await messages.next()).value).toEqual(new Uint8Array([1, 2, 3]));
		expect(connection.plugins).toEqual(['websocket', 'statistics', 'network']);
		await connection.close();
	});

	it('reject where nobody listens, with a code', async () => {
		const listener = await echoListener();
		await listener.close();
		await expect(connect(listener.url)).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
	});

	it('refuse what is no URL and what is no callback', async () => {
		await expect(connect('nonsense')).rejects.toMatchObject({ code: 'URL_INVALID' });
		await expect(listen({} as never)).rejects.toThrow(/onConnection must be a function/);
	});

	it('refuse plugins of the wrong kind at once, and say what to pass', async () => {
		await expect(listen({ plugins: [], onConnection: () => {} } as never)).rejects.toThrow(
			new TypeError('plugins must be a function here, because each connection needs its own: listen({ plugins: () => [new PingPongPlugin()] })'),
		);
		await expect(connect('ws://127.0.0.1:1', { plugins: () => ({}) } as never)).rejects.toThrow(
			new TypeError('plugins must be an array of plugins, got object'),
		);
	});

	it('close the peer with 1011 where onConnection throws, which is reported as uncaught', async () => {
		const others = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		undo.push(() => others.forEach((listener) => void process.on('uncaughtException', listener)));
		const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
		const listener = await listen({
			onConnection: () => {
				throw new Error('mistake of the application');
			},
		});
		undo.push(() => listener.close());
		const socket = new WebSocket(listener.url);
		expect((await once(socket, 'close'))[0]).toBe(1011);
		expect(await uncaught).toMatchObject({ message: 'mistake of the application' });
	});

	it('give up dialling when the signal aborts', async () => {
		const { url } = await echoListener();
		await expect(connect(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CONNECTION_ABORTED' });
	});

	it('deliver what the server sends before the connection is ACTIVE', async () => {
		const listener = await listen({ onConnection: (connection) => void connection.send('welcome') });
		undo.push(() => listener.close());
		const connection = await connect(listener.url);
		expect((await connection.messages().next()).value).toBe('welcome');
		expect(listener.connectionCount).toBe(1);
	});

	it('tell clients that the server shuts down', async () => {
		const listener = await echoListener();
		const connection = await connect(listener.url);
		const closed = new Promise((resolve) => connection.onClose.on(resolve));
		await listener.close();
		expect(await closed).toMatchObject({ code: 1001, reason: 'server shutting down', initiatedBy: 'remote' });
	});
});
