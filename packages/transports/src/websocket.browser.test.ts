import { Connection } from '@linkscope/core';
import { describe, expect, inject, test, vi } from 'vitest';
import { dialWebSocket, wrapWebSocket } from './websocket.browser.js';

const echoUrl = inject('echoUrl');

async function echoed(connection: Connection, message: string | Uint8Array): Promise<unknown> {
	const answer = new Promise((resolve) => connection.onMessage.once(resolve));
	connection.send(message);
	return answer;
}

const clients = {
	dialled: () => new Connection(dialWebSocket(echoUrl)),
	wrapped: () => new Connection(wrapWebSocket(new WebSocket(echoUrl))),
};

describe.each(Object.entries(clients))('in a page, %s', (_name, connect) => {
	test('text stays text and bytes stay bytes, empty ones too', async () => {
		const connection = connect();
		await connection.open();
		for (const message of ['', 'grüße 🙂', new Uint8Array(), new Uint8Array([0, 255])]) {
			expect(await echoed(connection, message)).toEqual(message);
		}
		await connection.close();
		expect(connection.closeInfo).toMatchObject({ code: 1000, wasClean: true, initiatedBy: 'local' });
	});

	test('keeps the order of messages sent in one tick', async () => {
		const connection = connect();
		await connection.open();
		const sent = Array.from({ length: 500 }, (_, i) => (i % 2 ? `${i}` : new Uint8Array([i])));
		const got: unknown[] = [];
		connection.onMessage.on((message) => got.push(message));
		for (const message of sent) connection.send(message);
		await vi.waitFor(() => expect(got.length).toBe(500), 25_000);
		expect(got).toEqual(sent);
		await connection.close();
	});

	test('send() returns false above the mark, and drained() follows', async () => {
		const connection = connect();
		await connection.open();
		let bytes = 0;
		connection.onMessage.on((message) => {
			bytes += message.length;
		});
		let sent = 1;
		while (connection.send(new Uint8Array(64 * 1024))) sent++;
		await connection.drained();
		await vi.waitFor(() => expect(bytes).toBe(sent * 64 * 1024), 25_000);
		await connection.close();
	});
});

describe('in a page', () => {
	test('a socket that was open before it was wrapped keeps what comes before open()', async () => {
		const socket = new WebSocket(echoUrl);
		await new Promise((resolve) => socket.addEventListener('open', resolve));
		const connection = new Connection(wrapWebSocket(socket));
		socket.send('early');
		await new Promise((resolve) => socket.addEventListener('message', resolve));
		const first = new Promise((resolve) => connection.onMessage.once(resolve));
		await connection.open();
		expect(await first).toBe('early');
		await connection.close();
	});

	test('a message over the limit closes with 4409', async () => {
		const socket = new WebSocket(echoUrl);
		const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
		const connection = new Connection(wrapWebSocket(socket, { maxMessageBytes: 1000 }));
		await connection.open();
		socket.send('x'.repeat(1001)); // past the transport, which would refuse it
		expect((await closed).code).toBe(4409);
		expect(connection.closeInfo).toMatchObject({ code: 4409, error: { code: 'MESSAGE_TOO_BIG' } });
	});

	test.each([
		[1001, 1000],
		[1011, 4500],
	])('close(%d), which a page may not say, is said as %d', async (code, said) => {
		const socket = new WebSocket(echoUrl);
		const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
		const transport = wrapWebSocket(socket);
		const sink = { message() {}, drained() {}, wire() {}, claim() {}, closed: vi.fn() };
		await transport.open(sink, new AbortController().signal);
		transport.close(code, '🙂'.repeat(125));
		expect(await closed).toMatchObject({ code: said, reason: '🙂'.repeat(30) });
		await vi.waitFor(() => expect(sink.closed).toHaveBeenCalled(), 25_000); // the transport's listener is the later one
		expect(sink.closed).toHaveBeenCalledExactlyOnceWith({ code, reason: '🙂'.repeat(30), wasClean: true, initiatedBy: 'local' });
	});

	test('terminate ends at once', async () => {
		const connection = new Connection(dialWebSocket(echoUrl));
		await connection.open();
		connection.terminate();
		expect(connection.state).toBe('CLOSED');
	});

	test('closing while connecting ends it', async () => {
		const socket = new WebSocket(echoUrl);
		const connection = new Connection(wrapWebSocket(socket));
		const opening = connection.open();
		opening.catch(() => {});
		await connection.close();
		expect(connection.state).toBe('CLOSED');
		await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.CLOSED), 25_000);
	});

	test('an unreachable host is OPEN_FAILED', async () => {
		const connection = new Connection(dialWebSocket('ws://127.0.0.1:9/'));
		await expect(connection.open()).rejects.toMatchObject({ code: 'OPEN_FAILED' });
	});

	test.each(['headers', 'cookies', 'agent', 'ca', 'perMessageDeflate'])('%s cannot be set by a page, and the error names it', (option) => {
		expect(() => dialWebSocket(echoUrl, { [option]: {} })).toThrow(TypeError);
		expect(() => dialWebSocket(echoUrl, { [option]: {} })).toThrow(option);
	});
});
