// Thirty simulated nodes: connected in batches, watched as closely as each of them needs, the most important ones subscribed.

import { setTimeout as sleep } from 'node:timers/promises';
import { AdaptiveMonitor, ConnectionPool, SubscriptionManager } from 'linkscope';

const nodes = Array.from({ length: 30 }, (_, index) => ({ id: `node-${index + 1}` }));
const silent = new Set(['node-7']);

/** Where the network would be. */
async function ask(id, signal) {
	await sleep(5, undefined, { signal });
	if (silent.has(id)) throw new Error('no answer');
	return id;
}

// Shorter than one would have it (20 dials a second, checks every 5 s to 10 minutes), so that the example ends.
const pool = new ConnectionPool({
	connect: ({ id }, signal) => ask(id, signal),
	dialsPerSecond: 200,
	backoff: { next: () => 1_000 },
});
const monitor = new AdaptiveMonitor({
	check: (id, { signal }) => pool.operate(id, (connection) => ask(connection, signal)).then(() => true),
	intervalsMs: { CRITICAL: 100, HIGH: 100, NORMAL: 200 },
});
// Neither keeps a process alive, as sockets of real nodes would.
const stay = setInterval(() => {}, 1_000);
const subscriptions = new SubscriptionManager({
	budget: 33,
	subscribe: (topics, id) => id === 'node-30' && console.log(`Subscribe ${topics.join(', ')}`),
	unsubscribe: () => {},
});
subscriptions.follow(monitor);

pool.onEvent.on((event) => {
	if (event.type === 'batch') console.log(`Batch ${event.batch}: ${event.nodes} nodes`);
	else if (event.type === 'attempt-failed') console.log(`${event.node}: try ${event.attempt} failed, ${event.error.message}`);
	else if (event.type === 'breaker') console.log(`${event.node}: breaker ${event.state}`);
});
const run = pool.connectAll(nodes);
for await (const { status, node } of run) if (status === 'connected') monitor.add(node.id);
console.log(`Connected: ${run.progress.connected} of ${run.progress.total}`);
console.log('Watched:', monitor.statistics.byLevel);

// A node that nobody looked at closely falls silent: it is asked more often, and its topics take the place of others.
silent.add('node-30');
monitor.start();
await new Promise((resolve) => {
	monitor.onEvent.on((event) => {
		if (event.type !== 'level' || !event.nodes.includes('node-30')) return;
		console.log(`node-30 is ${event.level}: ${event.reason}`);
		if (event.level === 'CRITICAL') silent.delete('node-30');
		if (event.reason === 'recovered') resolve();
	});
});
console.log(`Topics: ${subscriptions.used} of 33`);

monitor.stop();
subscriptions.stop();
await pool.close();
clearInterval(stay);
