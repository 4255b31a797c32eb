import { setTimeout as sleep } from 'node:timers/promises';
import { startBalancer } from './balancer.mjs';
import { sidePath } from './bundle.mjs';
import { registryState } from './registry-state.mjs';
import { startSide } from './side.mjs';

const POLL_MS = 100;
const PATIENCE_MS = 60_000;

/** Sides that a cluster is made of. */
export const clusterSides = ['relay-redis', 'relay-node', 'relay-clients'];

/** A Redis, relay nodes, what balances between them, and clients, each in a process of its own (the balancer in this one). */
export async function startCluster({ nodeCount = 3, clientCount, pairCount, pingIntervalMs }) {
	const redis = startSide(sidePath('relay-redis'));
	const redisPort = await redis.call('start');
	const balancer = await startBalancer();
	const nodes = [];
	for (let i = 0; i < nodeCount; i++) {
		const side = startSide(sidePath('relay-node'));
		const port = await side.call('start', { redis: `redis://127.0.0.1:${redisPort}`, balancer: balancer.url, pingIntervalMs });
		balancer.add(port);
		nodes.push({ side, pid: await side.call('pid'), url: `ws://127.0.0.1:${port}`, isAlive: true });
	}
	const clients = startSide(sidePath('relay-clients'));
	const cluster = new Cluster({ redis, redisPort, balancer, nodes, clients, clientCount });
	await clients.call('add', { url: balancer.url, count: clientCount });
	await cluster.until('every client waits', async () => (await clients.call('waiting')) === clientCount);
	await clients.call('pair', { url: nodes.at(-1).url, count: pairCount });
	return cluster;
}

class Cluster {
	constructor(parts) {
		Object.assign(this, parts);
	}

	get living() {
		return this.nodes.filter(({ isAlive }) => isAlive);
	}

	/** kill -9 of the first node. @returns when its clients were lost and back, how long they chose to wait, when they dialled, and what is stale after 10 s. */
	async killNode() {
		await this.clients.call('mark');
		const killedAt = Date.now();
		process.kill(this.nodes[0].pid, 'SIGKILL');
		this.nodes[0].isAlive = false;
		await sleep(10_000);
		const state = await registryState(this.redisPort);
		const { called, failures } = await this.clients.call('callLost', { url: this.balancer.url, most: 200 });
		await this.until('every client waits again', async () => (await this.clients.call('waiting')) === this.clientCount);
		const losses = await this.clients.call('losses');
		const waits = await this.clients.call('waits');
		const dials = this.balancer.dialledAt.filter((at) => at >= killedAt && at < killedAt + 10_000).map((at) => at - killedAt);
		return { lost: losses.length, backMs: losses.map(({ againAt }) => againAt - killedAt), waits, dials, state, called, failures };
	}

	/** kill -9 of Redis, and a new one with nothing in it. @returns what failed of the local pairs, and when everybody was found again at every node. */
	async killRedis() {
		await this.redis.call('stop', 'SIGKILL');
		await this.until('the nodes know that Redis is gone', async () => (await this.health()).every((isHealthy) => !isHealthy));
		const failedEchoes = await this.clients.call('echo');
		await this.redis.call('start');
		const backAt = Date.now();
		await this.until('everybody is found at every node', () => this.isEverybodyFound());
		return { failedEchoes, foundMs: Date.now() - backAt };
	}

	/** A node that stands still until nobody counts on it any more, and goes on. @returns how its coming back left the registry. */
	async partition() {
		const node = this.living[0];
		process.kill(node.pid, 'SIGSTOP');
		node.isAlive = false;
		await this.until('its clients wait elsewhere', async () => {
			const { live, nodes } = await registryState(this.redisPort);
			return nodes === this.living.length && live === this.clientCount;
		});
		process.kill(node.pid, 'SIGCONT');
		node.isAlive = true;
		const wentOnAt = Date.now();
		await this.until('each client waits once', async () => {
			const { live, doubled } = await registryState(this.redisPort);
			const counts = await Promise.all(this.living.map(({ side }) => side.call('waiting')));
			return live === this.clientCount && doubled === 0 && counts.reduce((sum, count) => sum + count, 0) === this.clientCount;
		});
		const healedMs = Date.now() - wentOnAt;
		return { healedMs, isEverybodyFound: await this.isEverybodyFound(), failedEchoes: await this.clients.call('echo') };
	}

	health() {
		return Promise.all(this.living.map(({ side }) => side.call('isHealthy')));
	}

	async isEverybodyFound() {
		for (const { url } of this.living) if ((await this.clients.call('found', url)) !== this.clientCount) return false;
		return true;
	}

	async until(what, isSo) {
		const from = Date.now();
		while (!(await isSo())) {
			if (Date.now() - from > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
			await sleep(POLL_MS);
		}
	}

	async end() {
		this.balancer.end();
		await this.clients.end();
		for (const { side } of this.nodes) await side.end();
		await this.redis.call('stop', 'SIGTERM');
		await this.redis.end();
	}
}
