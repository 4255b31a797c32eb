import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Connection } from '@linkscope/core';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { dialWebSocket } from './websocket.js';

/** A connection, and the bytes of its TCP stream as the server gets them. */
async function dialled(perMessageDeflate = false) {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: perMessageDeflate && { threshold: 0 } });
	await once(server, 'listening');
	const accepted = once(server, 'connection');
	let host = { opaque() {} };
	const plugin = { name: 'sealing', attach: (mine: typeof host) => Object.assign(keep, { host: mine }) };
	const keep = { host };
	const connection = new Connection(dialWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate }), { plugins: [plugin] });
	await connection.open();
	host = keep.host;
	const [socket] = (await accepted) as [WebSocket & { _socket: NodeJS.EventEmitter }];
	const chunks: Buffer[] = [];
	// In front of ws, which unmasks in place.
	socket._socket.prependListener('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
	onTestFinished(async () => {
		await connection.close();
		server.close();
	});
	return {
		host,
		connection,
		socket,
		chunks,
		/** Whether the message stood on the wire as it is; it always arrives as it is. */
		async isPlainOnWire(bytes: number): Promise<boolean> {
			chunks.length = 0;
			const message = Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 251);
			const received = once(socket, 'message');
			connection.send(message.slice());
			expect(Uint8Array.from((await received)[0])).toEqual(message);
			return Buffer.concat(chunks).includes(Buffer.from(message));
		},
	};
}

test('messages are masked', async () => {
	const { isPlainOnWire } = await dialled();
	for (const bytes of [64, 5000, 100_000]) expect(await isPlainOnWire(bytes)).toBe(false);
});

test('messages that a plugin has sealed are not masked a second time', async () => {
	const { host, isPlainOnWire } = await dialled();
	host.opaque();
	for (const bytes of [100_000, 4096, 4095, 64, 5000]) expect(await isPlainOnWire(bytes)).toBe(true);
});

test('text is masked in any case', async () => {
	const { host, connection, socket, chunks } = await dialled();
	host.opaque();
	for (const text of ['x'.repeat(64), 'x'.repeat(4000)]) {
		const received = once(socket, 'message');
		connection.send(text);
		expect(String((await received)[0])).toBe(text);
		expect(Buffer.concat(chunks).includes('xxxxxxxx')).toBe(false);
	}
});

test('what ws compresses is masked in any case', async () => {
	const { host, isPlainOnWire } = await dialled(true);
	host.opaque();
	for (const bytes of [64, 100_000]) expect(await isPlainOnWire(bytes)).toBe(false);
});
