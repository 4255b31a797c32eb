import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleSides } from '../harness/bundle.mjs';
import { clusterSides, startCluster } from '../harness/relay-cluster.mjs';

const hasRedis = spawnSync(process.env.LINKSCOPE_REDIS_SERVER ?? 'redis-server', ['--version']).status === 0;

// `npm test` brings a redis-server where it may, and CI does not run without one. At full size: npm run bench -- relay-cluster.
describe.skipIf(!hasRedis && !process.env.CI)('three relay processes, a Redis and 60 clients behind a balancer', () => {
	let cluster: Awaited<ReturnType<typeof startCluster>>;

	beforeAll(async () => {
		await bundleSides(clusterSides);
		cluster = await startCluster({ clientCount: 60, pairCount: 3, pingIntervalMs: 1_000 });
	}, 60_000);
	afterAll(() => cluster?.end());

	it('lose a relay by kill -9: its clients wait at the others, and after 10 s no route leads nowhere', async () => {
		const { lost, backMs, state, called, failures } = await cluster.killNode();
		expect(lost).toBeGreaterThan(0);
		expect(backMs.filter((ms) => ms <= 10_000).length / lost).toBeGreaterThanOrEqual(0.99);
		expect(Math.max(...backMs)).toBeLessThan(30_000);
		expect(state).toMatchObject({ live: 60, doubled: 0, nodes: 2 });
		expect({ called, failures }).toEqual({ called: lost, failures: [] });
	}, 90_000);

	it('lose Redis by kill -9: pairs talk on, and when it is back, empty, every relay finds every client', async () => {
		const { failedEchoes } = await cluster.killRedis();
		expect(failedEchoes).toBe(0);
	}, 90_000);

	it('are parted from a relay that stands still: when it goes on, no client is registered twice', async () => {
		expect(await cluster.partition()).toMatchObject({ isEverybodyFound: true, failedEchoes: 0 });
	}, 90_000);
});
