import { type CloseInfo, Connection, type Transport } from '@linkscope/core';
import { FakeClock } from '@linkscope/core/testing';
import { WebSocket as UndiciWebSocket } from 'undici';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as Ws } from 'ws';
import { tcpServer, wsServer } from './test-servers.js';
import { dialWebSocket, type WebSocketLike, wrapWebSocket } from './websocket.js';
import { createWebSocketListener } from './websocket-server.js';

const MIB = 1024 * 1024;

/** Connections that a listener with the default limits accepts. */
async function accepting(): Promise<{ url: string; accepted: Promise<Connection> }> {
	const listener = createWebSocketListener();
	onTestFinished(() => listener.close());
	const accepted = new Promise<Connection>((resolve) => {
		listener.onTransport.once(({ transport }) => {
			const connection = new Connection(transport, { initiator: false });
			void connection.open();
			resolve(connection);
		});
	});
	return { url: (await listener.listen()).url, accepted };
}

async function endOf(connection: Connection): Promise<CloseInfo> {
	await vi.waitFor(() => expect(connection.closeInfo).not.toBeNull(), 25_000);
	return connection.closeInfo as CloseInfo;
}

function closeCodeOf(socket: Ws): Promise<number> {
	socket.on('error', () => {});
	return new Promise((resolve) => socket.once('close', resolve));
}

describe('2 MiB over a limit of 1 MiB', () => {
	test('a foreign client is told 1009, and the acceptor says why', async () => {
		const { url, accepted } = await accepting();
		const client = new Ws(url);
		client.once('open', () => client.send(new Uint8Array(2 * MIB)));
		expect(await closeCodeOf(client)).toBe(1009);
		const connection = await accepted;
		expect(await endOf(connection)).toMatchObject({ code: 1009, initiatedBy: 'local', error: { code: 'MESSAGE_TOO_BIG' } });
		expect(connection.state).toBe('FAILED');
	});

	test('a foreign server is told 1009 by a dialled connection', async () => {
		const { url, server } = await wsServer();
		const code = new Promise((resolve) =>
			server.once('connection', (socket) => {
				socket.send(new Uint8Array(2 * MIB));
				resolve(closeCodeOf(socket));
			}),
		);
		const connection = new Connection(dialWebSocket(url));
		connection.open().catch(() => {}); // the message may come in one piece with the upgrade
		expect(await code).toBe(1009);
		expect(await endOf(connection)).toMatchObject({ code: 1009, initiatedBy: 'local', error: { code: 'MESSAGE_TOO_BIG' } });
	});

	test.each([
		['bytes', new Uint8Array(2 * MIB)],
		['text', 'é'.repeat(MIB)],
	])('a foreign server is told 4409 by a wrapped platform socket, for %s', async (_kind, message) => {
		const { url, server } = await wsServer();
		const code = new Promise((resolve) =>
			server.once('connection', (socket) => {
				socket.send(message);
				resolve(closeCodeOf(socket));
			}),
		);
		const connection = new Connection(wrapWebSocket(new UndiciWebSocket(url)));
		connection.open().catch(() => {});
		expect(await code).toBe(4409);
		expect(await endOf(connection)).toMatchObject({ code: 4409, error: { code: 'MESSAGE_TOO_BIG' } });
	});

	test('sending it throws MESSAGE_TOO_BIG, and the connection lives on', async () => {
		const { url, accepted } = await accepting();
		const connection = new Connection(dialWebSocket(url));
		await connection.open();
		expect(() => connection.send(new Uint8Array(2 * MIB))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_BIG' }));
		const got = new Promise((resolve) => accepted.then((acceptor) => acceptor.onMessage.once(resolve)));
		connection.send('small');
		expect(await got).toBe('small');
		await connection.close();
	});
});

test.each([2_000, 200_000])('%d tiny fragments end with 1008 long before they are all read', async (count) => {
	const { url, accepted } = await accepting();
	const client = new Ws(url);
	client.once('open', () => {
		for (let i = 0; i < count; i++) client.send('x', { fin: false });
	});
	await closeCodeOf(client);
	expect(await endOf(await accepted)).toMatchObject({ code: 1008, initiatedBy: 'local', error: { code: 'TOO_MANY_FRAGMENTS' } });
});

test('text that is no UTF-8 ends with 1007', async () => {
	const { url, accepted } = await accepting();
	const client = new Ws(url);
	client.once('open', () => client.send(Buffer.from([0xff, 0xfe]), { binary: false }));
	expect(await closeCodeOf(client)).toBe(1007);
	expect(await endOf(await accepted)).toMatchObject({ code: 1007, error: { code: 'PROTOCOL_VIOLATION' } });
});

test('a reset line is CONNECTION_LOST by the network, with its cause', async () => {
	const { url, accepted } = await accepting();
	const client = new Ws(url);
	const connection = await accepted;
	await vi.waitFor(() => expect(client.readyState).toBe(Ws.OPEN), 25_000);
	(client as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
	expect(await endOf(connection)).toMatchObject({
		code: 1006,
		initiatedBy: 'network',
		wasClean: false,
		error: { code: 'CONNECTION_LOST', cause: { code: 'ECONNRESET' } },
	});
});

/** A browser's socket as far as we use it, under the test's hands. */
class FakeSocket extends EventTarget implements WebSocketLike {
	readyState = 1;
	bufferedAmount = 0;
	binaryType = 'blob';
	readonly sent: unknown[] = [];
	readonly closes: unknown[][] = [];

	send(data: unknown): void {
		this.sent.push(data);
	}

	close(...args: unknown[]): void {
		this.closes.push(args);
		this.readyState = 2;
	}

	deliver(data: unknown): void {
		this.dispatchEvent(Object.assign(new Event('message'), { data }));
	}

	end(code: number): void {
		this.readyState = 3;
		this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '', wasClean: true }));
	}
}

describe('a platform socket that can neither pause nor say when it is drained', () => {
	function sink() {
		return { message: vi.fn(), drained: vi.fn(), wire: vi.fn(), claim: vi.fn(), closed: vi.fn() };
	}

	async function open(transport: Transport) {
		const told = sink();
		await transport.open(told, new AbortController().signal);
		return told;
	}

	test('is asked only while it is above the mark, and no timer outlives it', async () => {
		const clock = new FakeClock();
		const socket = new FakeSocket();
		const transport = wrapWebSocket(socket, { clock, highWaterBytes: 1000 });
		const told = await open(transport);
		expect(transport.send('x')).toBe(true);
		expect(clock.pending).toBe(0);
		socket.bufferedAmount = 1001;
		expect(transport.send('y')).toBe(false);
		expect(transport.send('z')).toBe(false);
		clock.advance(100);
		expect(told.drained).not.toHaveBeenCalled();
		socket.bufferedAmount = 400;
		clock.advance(100);
		expect(told.drained).toHaveBeenCalledOnce();
		expect(clock.pending).toBe(0);
		socket.bufferedAmount = 1001;
		transport.send('more');
		socket.end(1000);
		expect(clock.pending).toBe(0);
	});

	test('is closed with 4440 when more than 1 MiB comes before open(), and what came is still handed over', async () => {
		const socket = new FakeSocket();
		const transport = wrapWebSocket(socket);
		socket.deliver('first');
		socket.deliver(new ArrayBuffer(MIB));
		expect(socket.closes).toEqual([[4440, 'SLOW_READER']]);
		socket.deliver('too late');
		const told = await open(transport);
		expect(told.message.mock.calls.map(([payload]) => payload.length)).toEqual(['first'.length, MIB]);
		expect(told.closed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 4440, error: expect.objectContaining({ code: 'SLOW_READER' }) }));
	});

	test('offers no pause, so that core gives up on a slow reader instead', () => {
		expect(wrapWebSocket(new FakeSocket()).pause).toBeUndefined();
	});

	test.each([
		[1000, 1000],
		[3000, 3000],
		[4999, 4999],
		[1001, 1000],
		[1011, 4500],
		[1006, 4500],
	])('close(%d) is said as %d, because scripts may use few codes', async (code, said) => {
		const socket = new FakeSocket();
		const transport = wrapWebSocket(socket);
		await open(transport);
		transport.close(code, 'why');
		expect(socket.closes).toEqual([[said, 'why']]);
	});

	test('a Blob, which would be read too late, ends the connection instead of arriving empty', async () => {
		const socket = new FakeSocket();
		const transport = wrapWebSocket(socket);
		const told = await open(transport);
		socket.deliver(new Blob(['x']));
		expect(told.message).not.toHaveBeenCalled();
		expect(told.closed.mock.calls[0]?.[0]).toMatchObject({ error: { code: 'BINARY_TYPE_CHANGED' } });
	});

	test('a socket that is closed already cannot be opened', async () => {
		const socket = new FakeSocket();
		socket.readyState = 3;
		await expect(open(wrapWebSocket(socket))).rejects.toMatchObject({ code: 'OPEN_FAILED' });
	});

	test('what is no socket is refused', () => {
		expect(() => wrapWebSocket({} as never)).toThrow(TypeError);
		expect(() => wrapWebSocket(null as never)).toThrow(TypeError);
	});
});

test('a transport opens once', async () => {
	const { url } = await tcpServer();
	const transport = dialWebSocket(url);
	const told = { message() {}, drained() {}, wire() {}, claim() {}, closed() {} };
	const { signal } = new AbortController();
	transport.open(told, signal).catch(() => {});
	await expect(transport.open(told, signal)).rejects.toMatchObject({ code: 'OPEN_REUSED' });
	transport.terminate();
});
