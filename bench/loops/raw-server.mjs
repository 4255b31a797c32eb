import { WebSocketServer } from 'ws';
import { serveCommands } from '../harness/serve-commands.mjs';

/** An echo server on ws, used through addEventListener. */
export function serveRawServer(senderOf = (socket) => (payload) => socket.send(payload)) {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
	server.on('connection', (socket) => {
		const send = senderOf(socket);
		socket.addEventListener('message', (event) => send(event.data));
	});
	const listening = new Promise((resolve) => server.once('listening', resolve));

	serveCommands({
		async url() {
			await listening;
			return `ws://127.0.0.1:${server.address().port}`;
		},
	});
}
