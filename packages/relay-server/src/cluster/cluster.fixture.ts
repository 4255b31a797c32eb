import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '@linkscope/core';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { RelaySocket, SocketEnd, SocketEvents } from '../wire/relay-socket.js';
import { type Call, CLUSTER_PATH, type Cluster, type LocalNode, type Registration } from './cluster.js';
import { createRedisCluster, type DialNode, type RedisClusterOptions } from './redis-cluster.js';

/** A node without a server: what waits at it is a list, what calls it is written down, and a taken call says its registration's id to the caller. */
export class FixtureNode implements LocalNode {
	readonly waiting = new Map<string, Registration>();
	readonly evicted: string[] = [];
	readonly calls: Call[] = [];
	readonly log: Record<string, unknown>[] = [];
	cluster!: Cluster;
	url = '';

	registrations(): Iterable<Registration> {
		return this.waiting.values();
	}

	evict(id: string): void {
		this.evicted.push(id);
		this.remove(id);
	}

	connect(call: Call, accept: () => RelaySocket): boolean {
		const registration = [...this.waiting.values()].reverse().find(({ key }) => key === call.target);
		if (!registration) return false;
		this.remove(registration.id);
		this.calls.push(call);
		accept().send(registration.id);
		return true;
	}

	add(id: string, key: string, since = 1): void {
		const registration = { id, key, since, hints: { direct: [`wss://${id}.example`], relays: [], transports: ['websocket'] } };
		this.waiting.set(id, registration);
		this.cluster.added(registration);
	}

	remove(id: string): void {
		const registration = this.waiting.get(id);
		this.waiting.delete(id);
		if (registration) this.cluster.removed(registration);
	}

	/** Ids of what others have of a key, newest first. */
	async sees(key: string): Promise<string[]> {
		return (await this.cluster.find(key)).map(({ id }) => id);
	}
}

export interface FixtureOptions extends Partial<RedisClusterOptions> {
	redis: string;
}

/** Runs until the test ends. */
export async function startNode(options: FixtureOptions): Promise<FixtureNode> {
	const node = new FixtureNode();
	const http = createHttpServer();
	const sockets = new WebSocketServer({ server: http, path: CLUSTER_PATH });
	sockets.on('connection', (socket) => void node.cluster.accept(new WsRelaySocket(socket)));
	node.url = `ws://127.0.0.1:${await listening(http)}`;
	node.cluster = createRedisCluster({ clusterUrl: () => node.url, log: (entry) => node.log.push(entry), ...options }, dialWs);
	onTestFinished(async () => {
		await node.cluster.close();
		for (const socket of sockets.clients) socket.terminate();
	});
	await node.cluster.start(node);
	return node;
}

export const dialWs: DialNode = (url, { timeoutMs }) =>
	new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { handshakeTimeout: timeoutMs });
		const wrapped = new WsRelaySocket(socket);
		onTestFinished(() => socket.terminate());
		socket.once('open', () => resolve(wrapped)).once('error', reject);
	});

/** The talk of a relay's socket over ws, without a splice. */
export class WsRelaySocket implements RelaySocket {
	readonly address = '127.0.0.1';
	readonly #kept: string[] = [];
	#isHeld = true;
	#events: SocketEvents | null = null;

	constructor(private readonly socket: WebSocket) {
		socket.on('error', () => {});
		socket.on('message', (data) => {
			this.#kept.push(String(data));
			this.#deliver();
		});
	}

	get isOpen(): boolean {
		return this.socket.readyState === WebSocket.OPEN;
	}

	start(events: SocketEvents): void {
		this.#events = events;
		this.socket.on('close', (code, reason) => events.closed({ code, reason: String(reason) }));
		this.resume();
	}

	hold(): void {
		this.#isHeld = true;
	}

	resume(): void {
		this.#isHeld = false;
		this.#deliver();
	}

	send(text: string): void {
		this.socket.send(text);
	}

	close(code: number, reason: string): void {
		this.socket.close(code, reason);
	}

	terminate(): void {
		this.socket.terminate();
	}

	/** What came while it was held, and will come. */
	next(): Promise<string> {
		return new Promise((resolve) => {
			const kept = this.#kept.shift();
			if (kept !== undefined) resolve(kept);
			else this.socket.once('message', () => resolve(this.#kept.shift() as string));
		});
	}

	#deliver(): void {
		while (!this.#isHeld && this.#kept.length > 0) this.#events?.text(this.#kept.shift() as string);
	}
}

/** A way to Redis that can be cut for one node alone. */
export async function startWay(port: number): Promise<{ url: string; cut(): void; mend(): void }> {
	const open = new Set<Socket>();
	let isCut = false;
	const server = createServer((socket) => {
		const other = connect(port, '127.0.0.1');
		for (const [from, to] of [
			[socket, other],
			[other, socket],
		] as const) {
			open.add(from);
			from.on('error', () => {}).on('close', () => to.destroy() && open.delete(from));
			from.pipe(to);
		}
		if (isCut) socket.destroy();
	});
	const destroyAll = (): void => {
		for (const socket of open) socket.destroy();
	};
	onTestFinished(destroyAll);
	const url = `redis://127.0.0.1:${await listening(server)}`;
	return {
		url,
		cut() {
			isCut = true;
			destroyAll();
		},
		mend() {
			isCut = false;
		},
	};
}

async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
}

/** Connects past the cluster and says something of its own. */
export async function talkToNode(url: string): Promise<{ socket: WsRelaySocket; ended: Promise<SocketEnd>; next(): Promise<string> }> {
	const socket = (await dialWs(url + CLUSTER_PATH, { timeoutMs: 5_000, clock: null as unknown as Clock })) as WsRelaySocket;
	const texts: string[] = [];
	let wake = (): void => {};
	const ended = new Promise<SocketEnd>((resolve) => {
		socket.start({
			text(text) {
				texts.push(text);
				wake();
			},
			closed: resolve,
		});
	});
	const next = async (): Promise<string> => {
		while (texts.length === 0) await new Promise<void>((resolve) => (wake = resolve));
		return texts.shift() as string;
	};
	return { socket, ended, next };
}
