import { createServer } from 'node:net';
import type { Transport } from '@linkscope/core';
import { transportSuite } from '@linkscope/core/testing';
import { WebSocket as UndiciWebSocket } from 'undici';
import { describe, test } from 'vitest';
import { WebSocket as Ws } from 'ws';
import { dialWebSocket, wrapWebSocket } from './websocket.js';
import { createWebSocketListener } from './websocket-server.js';

const limit = { maxMessageBytes: 64 * 1024 };

const clients: Record<string, (url: string) => Transport> = {
	dialled: (url) => dialWebSocket(url, limit),
	'a wrapped ws': (url) => wrapWebSocket(new Ws(url), limit),
	'a wrapped undici WebSocket': (url) => wrapWebSocket(new UndiciWebSocket(url), limit),
};

for (const [name, client] of Object.entries(clients)) {
	describe(`websocket, ${name}`, () => {
		transportSuite({
			test,
			supports: { abruptEnd: !name.includes('undici') },
			pair: async () => {
				const listener = createWebSocketListener(limit);
				const { url } = await listener.listen();
				const acceptor = new Promise<Transport>((resolve) => listener.onTransport.once(({ transport }) => resolve(transport)));
				return { initiator: client(url), acceptor, dispose: () => listener.close() };
			},
			unanswered: async () => {
				const mute = createServer((socket) => socket.on('error', () => {}));
				await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
				const { port } = mute.address() as { port: number };
				return { transport: client(`ws://127.0.0.1:${port}`), dispose: () => void mute.close() };
			},
		});
	});
}
