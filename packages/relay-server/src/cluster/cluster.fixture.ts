import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '@linkscope/core';
import { onTestFinished } from 'vitest';
import type { LogEntry } from '../log.js';
import type { RelaySocket } from '../wire/relay-socket.js';
import { SocketAcceptor } from '../wire/socket-acceptor.js';
import type { Call, Cluster, LocalNode, Registration } from './cluster.js';
import { createRedisCluster, type RedisClusterOptions } from './redis-cluster.js';

/** A node without clients: what waits at it is a list, and what is called is written down. */
export class FixtureNode implements LocalNode {
	readonly waiting = new Map<string, Registration>();
	readonly evicted: string[] = [];
	readonly taken: string[] = [];
	readonly calls: Call[] = [];
	readonly log: LogEntry[] = [];
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
		this.taken.push(registration.id);
		accept();
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
	const acceptor = new SocketAcceptor(systemClock);
	const streams = new Set<Duplex>();
	http.on('upgrade', (request, stream, head) => {
		streams.add(stream);
		const socket = acceptor.accept(request, stream, head, '127.0.0.1');
		if (socket) void node.cluster.accept(socket);
	});
	node.url = `ws://127.0.0.1:${await listening(http)}`;
	node.cluster = createRedisCluster({ clusterUrl: () => node.url, log: (entry) => node.log.push(entry), ...options });
	onTestFinished(async () => {
		await node.cluster.close();
		for (const stream of streams) stream.destroy();
	});
	await node.cluster.start(node);
	return node;
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
