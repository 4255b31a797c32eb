import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { figure, microseconds, perSecond } from '../harness/figures.mjs';
import { startPair } from '../harness/pair.mjs';
import { startSide } from '../harness/side.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const SIZES = [
	{ name: '800 B', bytes: 800, messages: 16_000, pings: 2000, ofDirect: 0.53, relayCpuUs: 7 },
	{ name: '64 KiB', bytes: 65_536, messages: 1500, pings: 500, ofDirect: 0.6 },
];
const execArgv = ['--expose-gc'];

export const sides = ['raw-client', 'raw-server', 'relayed-server', 'relay-splice', 'relay-ws-proxy'];
export const title = 'Echo through the relay’s splice';
export const head = ['measured', 'compared with', 'splice', 'splice ÷ compared', 'goal', ''];
export const notes = `Client, relay and echo server are processes of their own on loopback; both ends are raw \`ws\` and send binary messages, 64 under way for throughput, one for the round trip.
Direct: the client dials the server. Proxy: a relay of twenty lines on \`ws\` that passes whole messages on and pauses a sender whose reader does not keep up. CPU is that of the relay’s process, system calls included, for one echo (two messages).
Added is the difference to the direct round trip of the same round.`;

export async function run({ quick }) {
	const results = SIZES.map(() => ({}));
	for (let generation = 0; generation < (quick ? 1 : 4); generation++) {
		const ways = [await startDirect(), await startRelayed('relay-ws-proxy'), await startRelayed('relay-splice')];
		for (const { client } of ways) await client.call('ready');
		for (const [index, size] of SIZES.entries()) await measureSize(ways, size, quick ? 3 : 6, results[index]);
		for (const way of ways) await way.end();
	}
	return SIZES.flatMap((size, index) => figuresOf(size, results[index]));
}

async function startDirect() {
	const { client, end } = await startPair('raw-server', 'raw-client');
	return { client, relayCpuUs: () => 0, end };
}

async function startRelayed(kind) {
	const relay = startSide(sidePath(kind), { execArgv });
	const url = await relay.call('url');
	const server = startSide(sidePath('relayed-server'), { execArgv, args: [url] });
	await server.call('ready');
	const client = startSide(sidePath('raw-client'), { execArgv, args: [url] });
	return {
		client,
		relayCpuUs: () => relay.call('cpuUs'),
		async end() {
			for (const side of [client, server, relay]) await side.end();
		},
	};
}

/** Adds to each key of `into` a list for each way, one entry a round. */
async function measureSize(ways, { bytes, messages, pings }, rounds, into) {
	const throughput = async ({ client, relayCpuUs }) => {
		const before = await relayCpuUs();
		const result = await client.call('throughput', { bytes, messages, window: 64 });
		return { perSecond: result.perSecond, cpuUs: ((await relayCpuUs()) - before) / messages };
	};
	const roundTrip = async ({ client }) => {
		const ask = (share) => client.call('roundTrip', { bytes, messages: pings, share });
		return { p50Us: await ask(0.5), p99Us: await ask(0.99) };
	};
	for (const measure of [throughput, roundTrip]) {
		for (const way of ways) await measure(way);
		for (const [way, values] of (await alternate(ways, rounds, measure)).entries()) {
			for (const key of Object.keys(values[0])) {
				into[key] ??= ways.map(() => []);
				into[key][way].push(...values.map((value) => value[key]));
			}
		}
	}
}

function figuresOf({ name, ofDirect, relayCpuUs }, { perSecond: echoes, cpuUs, p50Us, p99Us }) {
	const median = (values) => quantile(values, 0.5);
	const compare = (values, way, label, format, goal) =>
		figure(summarize(paired(values[way], values[2], (ours, other) => ours / other)), {
			label: `${name}: ${label}`,
			baseline: format(median(values[way])),
			subject: format(median(values[2])),
			...goal,
		});
	const added = (values, label) =>
		figure(summarize(paired(values[0], values[2], (ours, direct) => ours - direct)), {
			label: `${name}: ${label}`,
			baseline: microseconds(median(paired(values[0], values[1], (proxy, direct) => proxy - direct))),
			format: microseconds,
		});
	return [
		compare(echoes, 0, 'echoes, to direct', perSecond, { atLeast: ofDirect }),
		compare(echoes, 1, 'echoes, to the proxy', perSecond, { atLeast: 1 }),
		figure(summarize(cpuUs[2]), {
			label: `${name}: CPU of the relay an echo, and the proxy’s`,
			baseline: microseconds(median(cpuUs[1])),
			format: microseconds,
			...(relayCpuUs && { atMost: relayCpuUs }),
		}),
		added(p50Us, 'added round trip p50, and the proxy’s'),
		added(p99Us, 'added round trip p99, and the proxy’s'),
	];
}
