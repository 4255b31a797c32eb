import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listening, type RunningServer } from './running-server.js';

/** Echoes, and closes with 4100 on 'leave'. */
export function startParty(): Promise<RunningServer> {
	const http = createServer();
	const sockets = new WebSocketServer({ server: http });
	sockets.on('connection', (socket) => {
		socket.on('message', (data, isBinary) => (String(data) === 'leave' ? socket.close(4100, 'come back') : socket.send(data, { binary: isBinary })));
	});
	return listening(http, () => {
		for (const socket of sockets.clients) socket.terminate();
	});
}
