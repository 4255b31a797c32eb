import WebSocket from 'ws';
import { serveCommands } from '../harness/serve-commands.mjs';
import { EchoLoop } from './echo-loop.mjs';

/** A client of an echo server on ws, as an application uses it through addEventListener. */
export function serveRawClient(url, senderOf = (socket) => (payload) => socket.send(payload)) {
	const socket = new WebSocket(url);
	const echo = new EchoLoop(senderOf(socket));
	socket.addEventListener('message', (event) => echo.receive(event.data));
	const opened = new Promise((resolve) => socket.addEventListener('open', resolve));

	serveCommands({
		ready: async () => void (await opened),
		throughput: (options) => echo.throughput(options),
		roundTrip: (options) => echo.roundTrip(options),
	});
}
