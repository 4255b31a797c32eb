import { FakeClock } from '@linkscope/core/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Client } from '../fixtures/client.js';
import { startNode, startWay } from '../fixtures/nodes.js';
import { CLUSTER_PATH } from './cluster.js';
import { findRedisServer, type LocalRedis, startLocalRedis } from './local-redis.js';
import { nodeProof } from './node-proof.js';
import { createRedisCluster } from './redis-cluster.js';

const soon = { timeout: 25_000, interval: 20 };

// `npm test` brings a redis-server where it may, and CI does not run without one.
describe.skipIf(findRedisServer() === null && !process.env.CI)('nodes that share a Redis', () => {
	let redis: LocalRedis;
	let client: Redis;

	beforeAll(async () => {
		redis = await startLocalRedis();
		client = new Redis(redis.url);
		client.on('error', () => {});
	});
	afterAll(async () => {
		client.disconnect();
		await redis.stop();
	});
	beforeEach(() => client.flushall());

	const join = (options = {}) => startNode({ redis: redis.url, ...options });

	describe('what waits where', () => {
		test('is found at other nodes, the newest of each, newest first', async () => {
			const [one, two, three] = [await join(), await join(), await join()];
			one.add('a', 'linkscope:k', 10);
			one.add('b', 'linkscope:k', 30);
			two.add('c', 'linkscope:k', 20);
			three.add('d', 'linkscope:k', 40);
			three.add('e', 'one:k', 50);
			await vi.waitFor(async () => expect(await three.sees('linkscope:k')).toEqual(['b', 'c']), soon);
			expect(await three.cluster.find('linkscope:k')).toMatchObject([
				{ key: 'linkscope:k', since: 30, node: one.url, hints: { direct: ['wss://b.example'], relays: [], transports: ['websocket'] } },
				{ since: 20, node: two.url },
			]);
		});

		test('is found no more once it is used up', async () => {
			const [one, two] = [await join(), await join()];
			one.add('a', 'k');
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual(['a']), soon);
			one.remove('a');
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual([]), soon);
			expect(await client.exists('linkscope:at:k')).toBe(0);
		});

		test('survives hints in any letters', async () => {
			const [one, two] = [await join(), await join()];
			const hints = { direct: ['a b" \\ é \u{1F600}'], relays: [], transports: [] };
			one.cluster.added({ id: 'a', key: 'k', since: 1, hints });
			await vi.waitFor(async () => expect(await two.cluster.find('k')).toMatchObject([{ hints }]), soon);
		});

		test('is not what another program wrote there', async () => {
			const two = await join();
			await client.hset('linkscope:at:k', 'x', 'nonsense', 'y', 'node 12 {');
			await client.set('linkscope:node:node', 'ws://127.0.0.1:1');
			expect(await two.sees('k')).toEqual([]);
		});

		test('ends with a node that leaves, at once', async () => {
			const [one, two] = [await join(), await join()];
			one.add('a', 'k');
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual(['a']), soon);
			await one.cluster.close();
			expect(await two.sees('k')).toEqual([]);
		});

		test('expires where its node stood still, is swept out, and comes back once', async () => {
			const clock = new FakeClock();
			const [one, two] = [await join({ clock }), await join()];
			one.add('a', 'k');
			one.add('b', 'k');
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(2), soon);
			await lapse(one.url);
			expect(await two.sees('k')).toEqual([]);
			expect(await client.exists('linkscope:at:k')).toBe(0);
			clock.advance(2_000);
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(2), soon);
			expect(await two.sees('k')).toHaveLength(1);
		});

		test('is written down again from time to time, and the secret of the nodes with it', async () => {
			const clock = new FakeClock();
			const one = await join({ clock });
			one.add('a', 'k');
			await vi.waitFor(async () => expect(await client.hkeys('linkscope:at:k')).toEqual(['a']), soon);
			const secret = await client.get('linkscope:secret');
			await client.del('linkscope:at:k', 'linkscope:secret');
			await vi.waitFor(async () => {
				clock.advance(2_000);
				expect([await client.hkeys('linkscope:at:k'), await client.get('linkscope:secret')]).toEqual([['a'], secret]);
			}, soon);
			expect(one.log.map(({ event }) => event)).toEqual(['cluster joined']);
		});

		test('lives in Redis for seconds without its node', async () => {
			const one = await join({ clock: new FakeClock() });
			one.add('a', 'k');
			await vi.waitFor(async () => expect(await client.pttl('linkscope:at:k')).toBeGreaterThan(50_000), soon);
			const [name] = await client.keys('linkscope:node:*');
			expect(await client.pttl(name as string)).toBeLessThanOrEqual(6_000);
		});
	});

	describe('the limit of a key', () => {
		test('holds for all nodes together: the oldest is told at its own', async () => {
			const [one, two] = [await join({ registrationsPerKey: 2 }), await join({ registrationsPerKey: 2 })];
			one.add('a', 'k', 1);
			one.add('b', 'k', 2);
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(2), soon);
			two.add('c', 'k', 3);
			await vi.waitFor(() => expect(one.evicted).toEqual(['a']), soon);
			expect(two.evicted).toEqual([]);
			expect((await client.hkeys('linkscope:at:k')).sort()).toEqual(['b', 'c']);
		});

		test('is kept when a registration makes room for another at the same node', async () => {
			const [one, two] = [await join({ registrationsPerKey: 2 }), await join({ registrationsPerKey: 2 })];
			one.add('a', 'k', 1);
			two.add('b', 'k', 2);
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(2), soon);
			two.add('c', 'k', 3);
			two.remove('b');
			await vi.waitFor(async () => expect((await client.hkeys('linkscope:at:k')).sort()).toEqual(['a', 'c']), soon);
			expect(one.evicted).toEqual([]);
		});

		test('does not count what belongs to a dead node', async () => {
			const [one, two] = [await join({ registrationsPerKey: 1, clock: new FakeClock() }), await join({ registrationsPerKey: 1 })];
			one.add('a', 'k', 9);
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(1), soon);
			await lapse(one.url);
			two.add('b', 'k', 1);
			await vi.waitFor(async () => expect(await client.hkeys('linkscope:at:k')).toEqual(['b']), soon);
			expect(two.evicted).toEqual([]);
		});

		test('is enforced when a partition heals, and nothing stays that ended meanwhile', async () => {
			const way = await startWay(redis.port);
			const [one, two] = [await join({ redis: way.url, registrationsPerKey: 3 }), await join({ registrationsPerKey: 3 })];
			one.add('old', 'k', 1);
			one.add('gone', 'k', 9);
			await vi.waitFor(async () => expect(await client.hlen('linkscope:at:k')).toBe(2), soon);
			way.cut();
			await vi.waitFor(() => expect(one.cluster.isHealthy).toBe(false), soon);
			one.remove('gone');
			one.add('apart', 'k', 3);
			two.add('x', 'k', 4);
			two.add('y', 'k', 5);
			way.mend();
			await vi.waitFor(() => expect(one.evicted).toEqual(['old']), soon);
			await vi.waitFor(async () => expect((await client.hkeys('linkscope:at:k')).sort()).toEqual(['apart', 'x', 'y']), soon);
			expect(await two.sees('k')).toEqual(['apart']);
		});
	});

	describe('a call', () => {
		test('reaches what waits at another node, which is used up', async () => {
			const [one, two] = [await join(), await join()];
			one.add('a', 'k');
			const remote = await foundBy(two, 'k');
			const socket = await two.cluster.call(remote, { from: 'me', target: 'k' });
			expect(socket?.isOpen).toBe(true);
			expect(one.taken).toEqual(['a']);
			expect(one.calls).toEqual([{ from: 'me', target: 'k' }]);
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual([]), soon);
		});

		test('for what is used up already comes back empty, and the node is asked again for something else', async () => {
			const [one, two] = [await join(), await join({ clock: new FakeClock() })];
			one.add('a', 'k');
			one.add('b', 'other');
			const remote = await foundBy(two, 'k');
			one.waiting.delete('a');
			expect(await two.cluster.call(remote, { from: 'me', target: 'k' })).toBeNull();
			expect(await two.cluster.call(await foundBy(two, 'other'), { from: 'me', target: 'other' })).not.toBeNull();
		});

		test('that came from a node is not passed on to another', async () => {
			const [one, two, three] = [await join(), await join(), await join()];
			one.add('a', 'k');
			three.add('b', 'k');
			const remote = await foundBy(two, 'k');
			one.waiting.delete('a');
			const toOne = { ...remote, node: one.url };
			expect(await two.cluster.call(toOne, { from: 'me', target: 'k' })).toBeNull();
			expect(three.calls).toEqual([]);
		});

		test('to a node that is gone is given up at once, and the node is left alone for a while', async () => {
			const two = await join();
			const remote = { id: 'a', key: 'k', since: 1, node: 'ws://127.0.0.1:1', hints: { direct: [], relays: [], transports: [] } };
			expect(await two.cluster.call(remote, { from: 'me', target: 'k' })).toBeNull();
			expect(two.log).toContainEqual(expect.objectContaining({ event: 'node not reached', node: 'ws://127.0.0.1:1' }));
			await client.set('linkscope:node:x', 'ws://127.0.0.1:1', 'PX', 6_000);
			await client.hset('linkscope:at:k', 'a', 'x 1 {}');
			expect(await two.sees('k')).toEqual([]);
		});

		test('is refused where the secrets differ', async () => {
			const [one, two] = [await join({ clusterSecret: 'a secret of the first' }), await join({ clusterSecret: 'a secret of the other' })];
			one.add('a', 'k');
			expect(await two.cluster.call(await foundBy(two, 'k'), { from: 'me', target: 'k' })).toBeNull();
			expect(two.log).toContainEqual(expect.objectContaining({ reason: '4401 AUTH_FAILED' }));
			expect(one.waiting.has('a')).toBe(true);
		});
	});

	describe('whoever is not a node', () => {
		const call = { from: 'me', target: 'k' };
		const nonce = Buffer.alloc(32, 7);

		test.each([
			['bytes of no meaning', 'hello', 4400, 'MALFORMED_FRAME'],
			['another message', '{"type":"relay_hello"}', 4402, 'PROTOCOL_ORDER'],
			['a proof of another length', JSON.stringify({ type: 'node_call', ...call, nonce: nonce.toString('base64url'), mac: 'AAAA' }), 4400, 'MALFORMED_FRAME'],
			[
				'a wrong proof',
				JSON.stringify({ type: 'node_call', ...call, nonce: nonce.toString('base64url'), mac: nonce.toString('base64url') }),
				4401,
				'AUTH_FAILED',
			],
		])('is told so: %s', async (_, text, code, reason) => {
			const one = await join();
			one.add('a', 'k');
			const client = await Client.dial(one.url + CLUSTER_PATH);
			await client.next();
			client.send(text);
			expect(await client.next()).toEqual({ code, reason });
			expect(one.calls).toEqual([]);
		});

		test('gains nothing by repeating what a node has said to this one, or to another', async () => {
			const clusterSecret = 'a secret for the test';
			const [one, two] = [await join({ clusterSecret }), await join({ clusterSecret })];
			for (const node of [one, two]) node.add(`at ${node.url}`, 'k');
			const say = async (url: string, text: (answererNonce: Buffer) => string) => {
				const client = await Client.dial(url + CLUSTER_PATH);
				const said = text(Buffer.from(String((await client.json()).nonce), 'base64url'));
				client.send(said);
				return { said, answer: await client.next() };
			};
			const honest = (url: string) => (answererNonce: Buffer) => {
				const mac = nodeProof(clusterSecret, 'C', { url, answererNonce, callerNonce: nonce, call });
				return JSON.stringify({ type: 'node_call', ...call, nonce: nonce.toString('base64url'), mac: mac.toString('base64url') });
			};
			const first = await say(one.url, honest(one.url));
			expect(first.answer).toContain('node_accepted');
			one.add('b', 'k');
			expect((await say(one.url, () => first.said)).answer).toMatchObject({ code: 4401 });
			expect((await say(two.url, honest(one.url))).answer).toMatchObject({ code: 4401 });
			expect(two.calls).toEqual([]);
		});

		test('is given up when it says nothing', async () => {
			const clock = new FakeClock();
			const one = await join({ clock });
			const client = await Client.dial(one.url + CLUSTER_PATH);
			await client.next();
			clock.advance(3_000);
			expect(await client.next()).toEqual({ code: 4408, reason: 'HANDSHAKE_TIMEOUT' });
		});
	});

	describe('without Redis', () => {
		test('a node that starts says in one line what to do, and no password', async () => {
			const error = await join({ redis: 'redis://:hunter2@127.0.0.1:1' }).catch((error) => error);
			expect(error).toMatchObject({ name: 'RelayError', code: 'REDIS_UNREACHABLE' });
			expect(error.message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:1 cannot be used \(.*ECONNREFUSED.*\): start it there/);
			expect(error.message).not.toMatch(/hunter2|\n/);
		});

		test('a wrong password is said to be one', async () => {
			const error = await join({ redis: redis.url.replace('//', '//nobody:wrong@') }).catch((error) => error);
			expect(error.message).toContain('WRONGPASS');
		});

		test('the nodes work on alone, and what waits is there again when it comes back empty', async () => {
			const own = await startLocalRedis();
			let again: LocalRedis | null = null;
			onTestFinished(async () => {
				await own.stop();
				await again?.stop();
			});
			const [one, two] = [await join({ redis: own.url }), await join({ redis: own.url })];
			one.add('a', 'k');
			const remote = await foundBy(two, 'k');
			await own.stop('SIGKILL');
			await vi.waitFor(() => expect([one.cluster.isHealthy, two.cluster.isHealthy]).toEqual([false, false]), soon);
			const askedAt = performance.now();
			expect(await two.sees('k')).toEqual([]);
			expect(performance.now() - askedAt).toBeLessThan(300);
			one.add('b', 'k', 2);
			expect(await two.cluster.call(remote, { from: 'me', target: 'k' })).not.toBeNull();
			expect(one.taken).toEqual(['b']);

			again = await startLocalRedis({ port: own.port });
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual(['a']), soon);
			expect(await two.cluster.call(remote, { from: 'me', target: 'k' })).not.toBeNull();
			expect(one.log.map(({ event }) => event)).toEqual(['cluster joined', 'cluster lost', 'cluster joined']);
		});

		test('one that stands still keeps nobody waiting, and is left for as long as it does', async () => {
			const own = await startLocalRedis();
			onTestFinished(() => own.stop('SIGKILL'));
			const [one, two] = [await join({ redis: own.url }), await join({ redis: own.url })];
			one.add('a', 'k');
			await foundBy(two, 'k');
			process.kill(own.pid, 'SIGSTOP');
			const askedAt = performance.now();
			expect(await two.sees('k')).toEqual([]);
			expect(performance.now() - askedAt).toBeLessThan(1_000);
			await vi.waitFor(() => expect(two.cluster.isHealthy).toBe(false), soon);
			process.kill(own.pid, 'SIGCONT');
			await vi.waitFor(async () => expect(await two.sees('k')).toEqual(['a']), soon);
		});
	});

	async function foundBy(node: Awaited<ReturnType<typeof join>>, key: string) {
		await vi.waitFor(async () => expect(await node.sees(key)).not.toEqual([]), soon);
		const [remote] = await node.cluster.find(key);
		if (!remote) throw new Error(`${key} is gone again`);
		return remote;
	}

	/** As if its process had stood still for longer than its name lives. */
	async function lapse(url: string): Promise<void> {
		for (const name of await client.keys('linkscope:node:*')) if ((await client.get(name)) === url) await client.del(name);
	}
});

test.each([
	['redis', { redis: 'http://127.0.0.1:6379' }],
	['redis', { redis: '127.0.0.1:6379' }],
	['clusterUrl', { clusterUrl: 'http://node.example' }],
	['clusterUrl', { clusterUrl: 'ws://node.example/?x=1' }],
	['registrationsPerKey', { registrationsPerKey: 0 }],
	['clusterSecret', { clusterSecret: 'short' }],
])('an option that is no %s is named', (name, options) => {
	const create = () => createRedisCluster({ redis: 'redis://127.0.0.1:1', clusterUrl: 'ws://127.0.0.1:1', ...options });
	expect(create).toThrow(new RegExp(`^${name} must`));
});
