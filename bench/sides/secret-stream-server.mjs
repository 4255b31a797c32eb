// An echo server of @hyperswarm/secret-stream over ws.
import SecretStream from '@hyperswarm/secret-stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { serveCommands } from '../harness/serve-commands.mjs';

const keyPair = SecretStream.keyPair();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
	const stream = new SecretStream(false, createWebSocketStream(socket), { keyPair });
	stream.on('data', (data) => stream.write(data));
	stream.on('error', () => {});
});
const listening = new Promise((resolve) => server.once('listening', resolve));

serveCommands({
	async url() {
		await listening;
		return `ws://127.0.0.1:${server.address().port}`;
	},
});
