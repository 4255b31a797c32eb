import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

/** A port of this machine that runs until the test ends. */
async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
}

/** A TCP server under the test's own hands, and the sockets it holds open. */
export async function tcpServer(onSocket: (socket: Socket) => void = () => {}): Promise<{ url: string; open: Set<Socket> }> {
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => open.delete(socket));
		onSocket(socket);
		socket.resume(); // an unread socket would not notice its end
	});
	const port = await listening(server);
	onTestFinished(() => {
		for (const socket of open) socket.destroy();
	});
	return { url: `ws://127.0.0.1:${port}`, open };
}

/** A plain ws server, with nothing of ours in it. */
export async function wsServer(options: object = {}): Promise<{ url: string; server: WebSocketServer }> {
	const http = createHttpServer();
	const server = new WebSocketServer({ server: http, ...options });
	const port = await listening(http);
	onTestFinished(() => {
		for (const client of server.clients) client.terminate();
	});
	return { url: `ws://127.0.0.1:${port}/`, server };
}
