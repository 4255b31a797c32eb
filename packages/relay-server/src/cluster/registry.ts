import { randomBytes } from 'node:crypto';
import { type Clock, every, type Unsubscribe } from '@linkscope/core';
import type { Redis } from 'ioredis';
import type { LogEntry } from '../log.js';
import type { Hints, LocalNode, Registration, RemoteRegistration } from './cluster.js';
import { type Change, Outbox } from './outbox.js';
import { connectRedis } from './redis-client.js';
import { CHANGE, evictChannel, FIND, keyName, nodeName, SECRET_NAME } from './registry-scripts.js';

const LIFE_MS = 6_000;
const BEAT_MS = 2_000;
const KEY_LIFE_MS = 60_000;
const BEATS_UNTIL_RENEWAL = 10;
const FIND_TIMEOUT_MS = 250;

export interface RegistryOptions {
	redis: string;
	/** Where other nodes call this one. */
	url: string;
	/** Of one key, at all nodes together. */
	limit: number;
	/** Overrules the one that the nodes share through Redis. */
	secret: string | undefined;
	clock: Clock;
	note(level: 'info' | 'warn', event: string, fields: LogEntry): void;
}

/**
 * What this node has, in Redis, and what others have. This node is known there by a name that lives for 6 s unless it is renewed, and is a new one
 * whenever Redis was lost, so what could not be taken out in the meantime counts as gone. Then everything is written down again.
 */
export class Registry {
	#redis: Redis | null = null;
	#name = '';
	#secret: string;
	#isWritten = false;
	#isBeating = false;
	#beats = 0;
	#stopBeat: Unsubscribe = () => {};
	readonly #outbox = new Outbox(
		(changes) => this.#change(changes),
		(error) => this.#lost(error),
	);

	constructor(
		private readonly options: RegistryOptions,
		private readonly local: LocalNode,
	) {
		this.#secret = options.secret ?? '';
	}

	/** Whether Redis answers and knows this node. */
	get isHealthy(): boolean {
		return this.#isWritten;
	}

	/** What the nodes of this cluster know, and nobody else. */
	get secret(): string {
		return this.#secret;
	}

	/** @throws RelayError REDIS_UNREACHABLE */
	async open(): Promise<void> {
		this.#redis = await connectRedis(this.options.redis, async (redis) => {
			redis.on('message', (channel: string, id: string) => {
				if (channel === evictChannel(this.#name)) this.local.evict(id);
			});
			await this.#introduce(redis);
		});
		this.#redis.on('close', () => this.#lost(new Error('the connection ended')));
		this.#redis.on('ready', () => void this.#beat());
		this.#stopBeat = every(this.options.clock, BEAT_MS, () => void this.#beat());
		this.#publishAll();
	}

	publish(registration: Registration): void {
		if (this.#isWritten) this.#outbox.put({ registration, isGone: false });
	}

	withdraw(registration: Registration): void {
		if (this.#isWritten) this.#outbox.put({ registration, isGone: true });
	}

	/** @see Cluster.find */
	async find(key: string): Promise<readonly RemoteRegistration[]> {
		if (!this.#isWritten || this.#redis === null) return [];
		let cancel: Unsubscribe = () => {};
		const late = new Promise<null>((resolve) => {
			cancel = this.options.clock.after(FIND_TIMEOUT_MS, () => resolve(null), { keepAlive: true });
		});
		const answer = await Promise.race([this.#redis.eval(FIND, 1, keyName(key)).catch(() => null), late]);
		cancel();
		return newestOfEachNode(key, Array.isArray(answer) ? answer : [], this.options.url);
	}

	/** Everything under this node's name is void from here on. */
	async close(): Promise<void> {
		this.#stopBeat();
		const isWritten = this.#isWritten;
		this.#isWritten = false;
		this.#outbox.clear();
		if (isWritten) await this.#redis?.del(nodeName(this.#name)).catch(() => {});
		this.#redis?.removeAllListeners('close');
		this.#redis?.disconnect();
	}

	async #beat(): Promise<void> {
		if (this.#isBeating || this.#redis?.status !== 'ready') return;
		this.#isBeating = true;
		try {
			const isKnown = this.#isWritten && (await this.#renew(this.#redis));
			if (!isKnown) await this.#introduce(this.#redis);
			else if (++this.#beats % BEATS_UNTIL_RENEWAL !== 0) return;
			else await this.#shareSecret(this.#redis);
			this.#publishAll();
		} catch (error) {
			this.#lost(error);
		} finally {
			this.#isBeating = false;
		}
	}

	/** @returns false where the name has lapsed: this process stood still, or Redis was emptied. */
	async #renew(redis: Redis): Promise<boolean> {
		return (await redis.set(nodeName(this.#name), this.options.url, 'PX', LIFE_MS, 'XX')) !== null;
	}

	async #introduce(redis: Redis): Promise<void> {
		const former = this.#name;
		const name = randomBytes(12).toString('base64url');
		this.#outbox.clear();
		await redis.subscribe(evictChannel(name));
		await this.#shareSecret(redis);
		await redis.set(nodeName(name), this.options.url, 'PX', LIFE_MS);
		if (former !== '') await Promise.all([redis.del(nodeName(former)), redis.unsubscribe(evictChannel(former))]);
		this.#name = name;
		this.#isWritten = true;
		this.options.note('info', 'cluster joined', { node: this.options.url });
	}

	/** Whoever is first chooses; a Redis that comes back empty gets the one that the nodes still know. */
	async #shareSecret(redis: Redis): Promise<void> {
		if (this.options.secret !== undefined) return;
		const own = this.#secret || randomBytes(32).toString('base64url');
		await redis.set(SECRET_NAME, own, 'NX');
		this.#secret = (await redis.get(SECRET_NAME)) ?? own;
	}

	#publishAll(): void {
		for (const registration of this.local.registrations()) this.publish(registration);
	}

	async #change(changes: readonly Change[]): Promise<void> {
		const keys = changes.map(({ registration }) => keyName(registration.key));
		const words = changes.flatMap(({ registration, isGone }) => [registration.id, isGone ? '' : this.#describe(registration)]);
		await this.#redis?.eval(CHANGE, keys.length, ...keys, this.options.limit, KEY_LIFE_MS, ...words);
	}

	#describe({ since, hints }: Registration): string {
		return `${this.#name} ${Math.round(since)} ${JSON.stringify(hints)}`;
	}

	/** Works on alone; the next beat that Redis answers writes everything down again. */
	#lost(error: unknown): void {
		if (!this.#isWritten) return;
		this.#isWritten = false;
		this.#outbox.clear();
		this.options.note('warn', 'cluster lost', { reason: (error as Error).message });
	}
}

function newestOfEachNode(key: string, words: readonly unknown[], ownUrl: string): RemoteRegistration[] {
	const all: RemoteRegistration[] = [];
	for (let i = 0; i + 2 < words.length; i += 3) {
		const [id, value, node] = words.slice(i, i + 3).map(String) as [string, string, string];
		const hints = hintsOf(value);
		if (hints && node !== ownUrl) all.push({ id, key, since: Number(value.split(' ', 2)[1]), hints, node });
	}
	all.sort((a, b) => b.since - a.since || (b.id > a.id ? 1 : -1));
	return all.filter(({ node }, index) => all.findIndex((other) => other.node === node) === index);
}

/** Redis may hold what another version wrote. */
function hintsOf(value: string): Hints | null {
	try {
		return JSON.parse(value.slice(value.indexOf(' ', value.indexOf(' ') + 1) + 1));
	} catch {
		return null;
	}
}
