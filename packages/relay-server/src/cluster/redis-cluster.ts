import { type Clock, CloseCode, integerOption, systemClock } from '@linkscope/core';
import type { LogEntry, LogSink } from '../log.js';
import { dialNode } from '../wire/dial-node.js';
import type { RelaySocket } from '../wire/relay-socket.js';
import { type Call, CLUSTER_PATH, type Cluster, type LocalNode, type Registration, type RemoteRegistration } from './cluster.js';
import { answerNode, callNode } from './node-call.js';
import { redisPlace } from './redis-client.js';
import { Registry } from './registry.js';

const DIAL_TIMEOUT_MS = 2_000;
// What could not be reached is not tried again by every call that comes; by then its name has lapsed, or it is back.
const SHUN_MS = 3_000;
const LEAST_SECRET_CHARACTERS = 16;

export interface RedisClusterOptions {
	/** redis: or rediss: URL of a Redis 6 or newer; its database is the cluster's own. */
	redis: string;
	/** ws: or wss: URL at which the other nodes reach this one, past any load balancer; a function is asked at start(), when the port is known. */
	clusterUrl: string | (() => string);
	/** Of one key at all nodes together. The oldest beyond it are closed. */
	registrationsPerKey?: number;
	/** Shared by all nodes, at least 16 characters. By default the first node makes one and leaves it in Redis. */
	clusterSecret?: string;
	clock?: Clock;
	log?: LogSink;
}

/**
 * Relay nodes that share what waits at them through Redis and call each other for it.
 * @throws RangeError, TypeError for a bad option.
 */
export function createRedisCluster(options: RedisClusterOptions): Cluster {
	return new RedisCluster(options);
}

class RedisCluster implements Cluster {
	#registry: Registry | null = null;
	#local: LocalNode | null = null;
	#url = '';
	/** Nodes that did not answer, and until when (clock.now()) they are left alone. */
	readonly #shunned = new Map<string, number>();
	readonly #clock: Clock;
	readonly #note: (level: 'info' | 'warn', event: string, fields: LogEntry) => void;
	readonly #limit: number;

	constructor(private readonly options: RedisClusterOptions) {
		const { redis, clusterUrl, registrationsPerKey, clusterSecret, clock = systemClock, log = () => {} } = options;
		redisPlace(redis);
		if (typeof clusterUrl === 'string') nodeUrl(clusterUrl);
		this.#limit = integerOption('registrationsPerKey', registrationsPerKey, 8, 1, 1_000);
		if (clusterSecret !== undefined && clusterSecret.length < LEAST_SECRET_CHARACTERS) {
			throw new RangeError(`clusterSecret must have at least ${LEAST_SECRET_CHARACTERS} characters`);
		}
		this.#clock = clock;
		this.#note = (level, event, fields) => log({ at: new Date(clock.epoch()).toISOString(), level, event, ...fields });
	}

	async start(local: LocalNode): Promise<void> {
		const { redis, clusterUrl, clusterSecret } = this.options;
		this.#url = nodeUrl(typeof clusterUrl === 'function' ? clusterUrl() : clusterUrl);
		this.#local = local;
		this.#registry = new Registry({ redis, url: this.#url, limit: this.#limit, secret: clusterSecret, clock: this.#clock, note: this.#note }, local);
		await this.#registry.open();
	}

	get isHealthy(): boolean {
		return this.#registry?.isHealthy ?? false;
	}

	added(registration: Registration): void {
		this.#registry?.publish(registration);
	}

	removed(registration: Registration): void {
		this.#registry?.withdraw(registration);
	}

	async find(key: string): Promise<readonly RemoteRegistration[]> {
		const found = (await this.#registry?.find(key)) ?? [];
		return found.filter(({ node }) => !this.#isShunned(node));
	}

	async call({ node }: RemoteRegistration, call: Call): Promise<RelaySocket | null> {
		if (this.#registry === null || this.#isShunned(node)) return null;
		let socket: RelaySocket;
		try {
			socket = await dialNode(node + CLUSTER_PATH, { timeoutMs: DIAL_TIMEOUT_MS, clock: this.#clock });
		} catch (error) {
			this.#shun(node, (error as Error).message);
			return null;
		}
		const end = await callNode(socket, call, { url: node, secret: this.#registry.secret, clock: this.#clock });
		if (end === null) return socket;
		if (end.code !== CloseCode.NOT_REGISTERED) this.#shun(node, `${end.code} ${end.reason}`);
		return null;
	}

	async accept(socket: RelaySocket): Promise<boolean> {
		if (this.#registry === null || this.#local === null) {
			socket.start({ text() {}, closed() {} });
			socket.close(1013, 'not yet a node of a cluster');
			return false;
		}
		return answerNode(socket, this.#local, { url: this.#url, secret: this.#registry.secret, clock: this.#clock });
	}

	async close(): Promise<void> {
		await this.#registry?.close();
	}

	#isShunned(node: string): boolean {
		return (this.#shunned.get(node) ?? 0) > this.#clock.now();
	}

	#shun(node: string, reason: string): void {
		const now = this.#clock.now();
		for (const [other, until] of this.#shunned) if (until <= now) this.#shunned.delete(other);
		this.#shunned.set(node, now + SHUN_MS);
		this.#note('warn', 'node not reached', { node, reason });
	}
}

/** Without a trailing slash: as it is published, dialled and proved. */
function nodeUrl(url: string): string {
	const { protocol, hash, search, username } = URL.canParse(url) ? new URL(url) : { protocol: '', hash: '', search: '', username: '' };
	if (!/^wss?:$/.test(protocol) || hash || search || username) {
		throw new RangeError(
			`clusterUrl must be a ws: or wss: URL at which the other nodes reach this one, such as ws://10.0.0.3:4190; got ${JSON.stringify(url)}`,
		);
	}
	return url.replace(/\/+$/, '');
}
