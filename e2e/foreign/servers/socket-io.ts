import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listening, type RunningServer } from './running-server.js';

/** Answers 'measure' with the length of the text and the bytes as they came, and says 'welcome' first. */
export function startSocketIo(): Promise<RunningServer> {
	const http = createServer();
	const io = new Server(http, { cors: { origin: '*' } });
	io.on('connection', (socket) => {
		socket.emit('welcome', 'grüße');
		socket.on('measure', (text: string, bytes: Buffer, answer: (length: number, bytes: Buffer) => void) => answer(text.length, bytes));
	});
	return listening(http, () => io.close());
}
