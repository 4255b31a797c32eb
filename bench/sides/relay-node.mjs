import { createServer } from 'node:net';
import { createRedisCluster, createRelayServer } from '@linkscope/relay-server';
import { serveCommands } from '../harness/serve-commands.mjs';
import { ONE_ADDRESS } from '../loops/one-address.mjs';

let cluster;
let relay;

/** Told before it is listened on: a relay takes clients only under addresses that it knows as its own. */
async function freePort() {
	const server = createServer();
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

serveCommands({
	/** @returns its port. */
	async start({ redis, balancer, pingIntervalMs }) {
		const port = await freePort();
		const url = `ws://127.0.0.1:${port}`;
		cluster = createRedisCluster({ redis, clusterUrl: url });
		relay = createRelayServer({ port, publicUrls: [balancer, url], pingIntervalMs, limits: ONE_ADDRESS, cluster });
		await relay.listen();
		return port;
	},
	waiting: () => relay.counts.waiting,
	isHealthy: () => cluster.isHealthy,
	pid: () => process.pid,
});
