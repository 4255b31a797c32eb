// An application that knows nothing of linkscope: plain ws, both sides.
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

export async function chat() {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', (socket) => socket.on('message', (text) => socket.send(`you said: ${text}`)));
	await once(server, 'listening');

	const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/chat?token=secret`);
	await once(socket, 'open');
	for (const text of ['good morning', 'how are you?', 'bye']) {
		socket.send(text);
		await once(socket, 'message');
	}
	socket.close(1000, 'Close called.');
	await once(socket, 'close');
	server.close();
}
