import { AdaptiveMonitor, ConnectionPool, SubscriptionManager } from '@linkscope/resilience';

const DIAL_MS = 50;
const ANSWER_MS = 20;

/**
 * A fleet whose nodes are simulated, with all that watches it.
 * @param {{ clock: import('@linkscope/core').Clock, nodes: number, isDead?: (id: string) => boolean, isWell?: (id: string) => boolean, rates?: object }} options
 */
export function simulatedFleet({ clock, nodes, isDead = () => false, isWell = () => true, rates = {} }) {
	const dialled = delays(clock, DIAL_MS);
	const answered = delays(clock, ANSWER_MS);
	const pool = new ConnectionPool({
		clock,
		...rates,
		connect: (node) => (isDead(node.id) ? new Promise(() => {}) : dialled().then(() => ({ node }))),
		check: (connection) => answered().then(() => isWell(connection.node.id)),
	});
	const monitor = new AdaptiveMonitor({ clock, check: (id) => answered().then(() => isWell(id)) });
	const subscriptions = new SubscriptionManager({ clock, subscribe: () => answered(), unsubscribe: () => answered() });
	subscriptions.follow(monitor);
	pool.onEvent.on((event) => {
		if (event.type === 'connected') monitor.add(event.node);
		else if (event.type === 'removed') monitor.remove(event.node);
	});
	monitor.start();
	const ids = Array.from({ length: nodes }, (_, index) => ({ id: `node-${index}` }));
	return { pool, monitor, subscriptions, connect: () => pool.connectAll(ids) };
}

/** Promises that resolve so much later; those of one moment share a timer, as the network's answers share a turn of the loop. */
function delays(clock, ms) {
	let madeAt = Number.NaN;
	let shared;
	return () => {
		if (madeAt === clock.now()) return shared;
		madeAt = clock.now();
		shared = new Promise((resolve) => {
			clock.after(ms, resolve, { keepAlive: true });
		});
		return shared;
	};
}
