import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection, Listener } from '../index.js';
import { CompressionPlugin, listen, PingPongPlugin, StatisticsPlugin, TypedMessagesPlugin } from '../index.js';
import { DemoPeers } from './demo-peers.js';
import { servePage } from './page-files.js';

export interface DemoServer {
	/** Of the page, e.g. 'http://127.0.0.1:4180/'. */
	url: string;
	/** For any WebSocket client. */
	wsUrl: string;
	/** For a linkscope Connection with compression, ping-pong and typed messages. */
	linkUrl: string;
	/** Null, or why the wanted port was not used. */
	movedFrom: number | null;
	peers: DemoPeers;
	close(): Promise<void>;
}

/** The page over HTTP and two WebSocket paths beside it, on one port. */
export async function startDemoServer(options: { port: number; host: string; page: string }): Promise<DemoServer> {
	const isLoopback = /^(127\.|localhost$|::1$)/.test(options.host);
	const http = createServer(servePage(options.page, isLoopback ? ['127.0.0.1', 'localhost', '[::1]', options.host] : null));
	const movedFrom = await listenOrMove(http, options);
	const peers = new DemoPeers();
	const foreign = await listen({ server: http, path: '/ws', onConnection: (connection, { origin }) => peers.serve(connection, origin) });
	const own = await listen({ server: http, path: '/link', plugins: linkPlugins, onConnection: answerRequests });
	http.on('upgrade', (request, socket) => {
		if (/^\/(ws|link)(\?|$)/.test(request.url ?? '')) return;
		socket.on('error', () => socket.destroy());
		socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
	});
	const { port, family, address } = http.address() as AddressInfo;
	// Listening everywhere is no place to dial: this machine's own address is.
	const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
	const host = `${family === 'IPv6' ? `[${reachable}]` : reachable}:${port}`;
	return { url: `http://${host}/`, wsUrl: `ws://${host}/ws`, linkUrl: `ws://${host}/link`, movedFrom, peers, close: () => closeAll(http, [foreign, own]) };
}

async function listenOrMove(http: ReturnType<typeof createServer>, { port, host }: { port: number; host: string }): Promise<number | null> {
	try {
		await listenOn(http, port, host);
		return null;
	} catch (error) {
		if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
		await listenOn(http, 0, host);
		return port;
	}
}

function listenOn(http: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
	return new Promise((resolve, reject) => {
		http.once('error', reject);
		http.listen(port, host, () => {
			http.off('error', reject);
			resolve();
		});
	});
}

/** Both ends of the second path wear the same, wire side first. */
export function linkPlugins() {
	return [new PingPongPlugin({ intervalMs: 500 }), new StatisticsPlugin(), new CompressionPlugin(), new TypedMessagesPlugin()];
}

function answerRequests(connection: Connection): void {
	connection.plugin<TypedMessagesPlugin>('typed-messages').onRequest('time', () => ({ uptimeMs: Math.round(performance.now()) }));
	connection.onMessage.on((message) => connection.send(message));
}

async function closeAll(http: ReturnType<typeof createServer>, listeners: readonly Listener[]): Promise<void> {
	await Promise.all(listeners.map((listener) => listener.close()));
	await new Promise<void>((resolve) => {
		http.close(() => resolve());
		http.closeAllConnections();
	});
}
