import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Connection } from '@linkscope/core';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { selfSigned } from './test-certificate.js';
import { dialWebSocket } from './websocket.js';

const certificate = selfSigned();

/** A connection, and the bytes of its stream as the server gets them; over TLS, once they are deciphered. */
async function dialled(scheme: 'ws' | 'wss', perMessageDeflate = false) {
	const below = scheme === 'wss' ? createServer(certificate) : createPlainServer();
	const server = new WebSocketServer({ server: below, perMessageDeflate: perMessageDeflate && { threshold: 0 } });
	below.listen(0, '127.0.0.1');
	await once(below, 'listening');
	const accepted = once(server, 'connection');
	let host = { opaque() {} };
	const plugin = { name: 'sealing', attach: (mine: typeof host) => Object.assign(keep, { host: mine }) };
	const keep = { host };
	const url = `${scheme}://127.0.0.1:${(below.address() as AddressInfo).port}`;
	const connection = new Connection(dialWebSocket(url, { perMessageDeflate, ca: certificate.cert }), { plugins: [plugin] });
	await connection.open();
	host = keep.host;
	const [socket] = (await accepted) as [WebSocket & { _socket: NodeJS.EventEmitter }];
	const chunks: Buffer[] = [];
	// In front of ws, which unmasks in place.
	socket._socket.prependListener('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
	onTestFinished(async () => {
		await connection.close();
		server.close();
		below.close();
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
	const { isPlainOnWire } = await dialled('wss');
	for (const bytes of [64, 5000, 100_000]) expect(await isPlainOnWire(bytes)).toBe(false);
});

// The peer knows the key stream of what is sent to it, so it could have a client write what a proxy on the way takes for a request of HTTP.
test('messages that a plugin has sealed are masked where a proxy can see them', async () => {
	const { host, isPlainOnWire } = await dialled('ws');
	host.opaque();
	for (const bytes of [100_000, 4096, 4095, 64, 5000]) expect(await isPlainOnWire(bytes)).toBe(false);
});

test('messages that a plugin has sealed are not masked a second time within TLS', async () => {
	const { host, isPlainOnWire } = await dialled('wss');
	host.opaque();
	for (const bytes of [100_000, 4096, 4095, 64, 5000]) expect(await isPlainOnWire(bytes)).toBe(true);
});

test('text is masked in any case', async () => {
	const { host, connection, socket, chunks } = await dialled('wss');
	host.opaque();
	for (const text of ['x'.repeat(64), 'x'.repeat(4000)]) {
		const received = once(socket, 'message');
		connection.send(text);
		expect(String((await received)[0])).toBe(text);
		expect(Buffer.concat(chunks).includes('xxxxxxxx')).toBe(false);
	}
});

test('what ws compresses is masked in any case', async () => {
	const { host, isPlainOnWire } = await dialled('wss', true);
	host.opaque();
	for (const bytes of [64, 100_000]) expect(await isPlainOnWire(bytes)).toBe(false);
});
