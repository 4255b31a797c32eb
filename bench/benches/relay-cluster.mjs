import { figure, milliseconds, single } from '../harness/figures.mjs';
import { clusterSides, startCluster } from '../harness/relay-cluster.mjs';
import { quantile } from '../harness/statistics.mjs';

const WINDOW_MS = 100;

export const sides = clusterSides;
export const title = 'A cluster that loses a node, its Redis, and its way to a node';
export const head = ['measured', '', 'of', 'value', 'goal', ''];
export const notes = `Three relays, a Redis and the clients are processes of their own on loopback; a balancer hands each connection to the next relay that answers /health. Each client keeps one registration, by createRelayListener with fullJitter() at its defaults; pings every 5 s.
Back: from kill -9 of a relay until a client of it waits again at another. Stale: clients that are registered twice, or that did not answer a call, 10 s after the kill. Dials: when those clients dialled again, as the balancer saw it; all of them live in one process, which is busy then. Waits: what they chose; 0.1 of them would lie in each tenth of a second if chance spread them evenly over the first second.
Redis is killed with -9 and comes back empty; found: until each relay finds every client. Partition: a relay stands still (SIGSTOP) until its clients wait elsewhere, and goes on; healed: until each client is registered once, in Redis and at the relays.`;

export async function run({ quick }) {
	const clientCount = quick ? 200 : 2_000;
	const cluster = await startCluster({ clientCount, pairCount: quick ? 5 : 20, pingIntervalMs: 5_000 });
	try {
		return [...nodeFigures(await cluster.killNode()), ...redisFigures(await cluster.killRedis()), ...partitionFigures(await cluster.partition())];
	} finally {
		await cluster.end();
	}
}

function nodeFigures({ backMs, waits, dials, state, called, failures }) {
	const of = `${backMs.length} clients`;
	if (failures.length > 0) console.error(`${failures.length} of ${called} calls failed, the first with: ${failures[0]}`);
	return [
		figure(single(backMs.filter((ms) => ms <= 10_000).length / backMs.length), { label: 'node killed: share back within 10 s', subject: of, atLeast: 0.99 }),
		figure(single(quantile(backMs, 0.5)), { label: 'node killed: back, median', subject: of, format: milliseconds }),
		figure(single(Math.max(...backMs)), { label: 'node killed: back, the last', subject: of, format: milliseconds, atMost: 30_000 }),
		figure(single(state.doubled + failures.length), { label: 'stale after 10 s', subject: `${called} calls`, format: String, atMost: 0 }),
		...[0.05, 0.5, 0.95].map((share) =>
			figure(single(quantile(dials, share)), { label: `dialled again, p${share * 100}`, subject: `${dials.length} dials`, format: milliseconds }),
		),
		figure(single(busiest(waits) / waits.length), { label: 'waits before that: share in the fullest 100 ms', subject: `${waits.length} waits`, atMost: 0.25 }),
	];
}

function redisFigures({ failedEchoes, foundMs }) {
	return [
		figure(single(failedEchoes), { label: 'Redis killed: pairs of one node that fell silent', format: String, atMost: 0 }),
		figure(single(foundMs), { label: 'Redis back, empty: everybody found at every node', format: milliseconds }),
	];
}

function partitionFigures({ healedMs, isEverybodyFound, failedEchoes }) {
	return [
		figure(single(healedMs), { label: 'partition: healed', format: milliseconds }),
		figure(single(Number(isEverybodyFound)), { label: 'partition: everybody found at every node, once', format: (n) => (n ? 'yes' : 'no'), atLeast: 1 }),
		figure(single(failedEchoes), { label: 'partition: pairs of another node that fell silent', format: String, atMost: 0 }),
	];
}

/** How many of the times lie in the fullest window. */
function busiest(times) {
	const sorted = [...times].sort((a, b) => a - b);
	let most = 0;
	for (let from = 0, to = 0; to < sorted.length; to++) {
		while (sorted[to] - sorted[from] >= WINDOW_MS) from++;
		most = Math.max(most, to - from + 1);
	}
	return most;
}
