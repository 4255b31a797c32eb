import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { listening, type RunningServer } from './running-server.js';

/** An MQTT broker over WebSockets. */
export async function startMqtt(): Promise<RunningServer> {
	const http = createServer();
	const broker = await Aedes.createBroker();
	const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
	sockets.on('connection', (socket, request) => {
		const stream = createWebSocketStream(socket);
		stream.on('error', () => {});
		broker.handle(stream, request);
	});
	return listening(http, () => broker.close());
}
