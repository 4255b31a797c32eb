import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Aedes } from 'aedes';
import { Server as SocketIo } from 'socket.io';
import { WebSocketServer } from 'ws';

/** What serves a socket of a client: one WebSocket server for all who speak nothing but that. */
const services = {
	async websocket() {
		const http = createHttp();
		new WebSocketServer({ server: http });
		return (socket) => http.emit('connection', socket);
	},
	async 'socket.io'() {
		const http = createHttp();
		new SocketIo(http);
		return (socket) => http.emit('connection', socket);
	},
	async mqtt() {
		const broker = await Aedes.createBroker();
		return (socket) => broker.handle(socket);
	},
};

/** A port that can go down and come back: down, whoever dials is reset at once, and counted. */
export async function openGate(kind) {
	const serve = await services[kind]();
	const sockets = new Set();
	let isUp = true;
	let dialsAtMs = [];
	let downAtMs = 0;
	const server = createServer((socket) => {
		if (downAtMs > 0) dialsAtMs.push(performance.now() - downAtMs);
		socket.on('error', () => {});
		if (!isUp) return socket.resetAndDestroy();
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
		serve(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: server.address().port,
		goDown() {
			isUp = false;
			dialsAtMs = [];
			downAtMs = performance.now();
			for (const socket of sockets) socket.resetAndDestroy();
		},
		/** @returns when, on performance's clock. */
		comeBack() {
			isUp = true;
			return performance.now();
		},
		/** TCP connections since it went down, in milliseconds from then. */
		get dialsAtMs() {
			return dialsAtMs;
		},
		close() {
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}
