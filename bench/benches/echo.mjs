import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { figure, microseconds, perSecond } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const SIZES = [
	{ name: '64 B', bytes: 64, messages: 16_000, pings: 1500 },
	{ name: '800 B', bytes: 800, messages: 16_000, pings: 1500 },
	{ name: '64 KiB', bytes: 65_536, messages: 1500, pings: 500 },
];

export const sides = ['raw-client', 'raw-server', 'linkscope-client', 'linkscope-server'];
export const title = 'Echo over a Connection against raw `ws`';
export const head = ['measured', 'raw ws', 'linkscope', 'linkscope ÷ raw', 'goal', ''];
export const notes = `Client and server are processes of their own on loopback; binary messages; 64 under way for throughput, one for the round trip.
The Connection has StatisticsPlugin, and instrumentation is installed where linkscope runs. Raw \`ws\` is used through addEventListener.
CPU is that of the client's process, for one message sent and one received.`;

/** First only the client differs, then both ends do. */
export async function run({ quick }) {
	const figures = await compare('client', 'raw-server', { quick });
	return [...figures, ...(await compare('both ends', 'linkscope-server', { quick }))];
}

async function compare(which, subjectServer, { quick }) {
	const rounds = SIZES.map(() => ({ throughput: [[], []], roundTrip: [[], []] }));
	// Compiled code and memory layout differ from process to process: several generations of them, not one.
	for (let generation = 0; generation < (quick ? 1 : 4); generation++) {
		const sides = [await startPair('raw-server', 'raw-client'), await startPair(subjectServer, 'linkscope-client')];
		for (const [index, size] of SIZES.entries()) {
			await measureSize(sides, size, quick ? 2 : 6, rounds[index]);
		}
		for (const side of sides) await side.end();
	}
	return SIZES.flatMap((size, index) => figuresOf(`${which}, ${size.name}`, rounds[index]));
}

async function measureSize(sides, { bytes, messages, pings }, count, into) {
	const throughput = (side) => side.client.call('throughput', { bytes, messages, window: 64 });
	const roundTrip = (side) => side.client.call('roundTrip', { bytes, messages: pings });
	for (const side of sides) {
		await throughput(side);
		await roundTrip(side);
	}
	for (const [name, measure] of Object.entries({ throughput, roundTrip })) {
		const [baseline, subject] = await alternate(sides, count, measure);
		into[name][0].push(...baseline);
		into[name][1].push(...subject);
	}
}

async function startPair(serverScript, clientScript) {
	const server = startSide(sidePath(serverScript));
	const client = startSide(sidePath(clientScript), { execArgv: ['--expose-gc'], args: [await server.call('url')] });
	await client.call('ready');
	return {
		client,
		async end() {
			await client.end();
			await server.end();
		},
	};
}

function figuresOf(label, { throughput, roundTrip }) {
	const pick = (rounds, key) => rounds.map((round) => round[key]);
	const median = (values) => quantile(values, 0.5);
	const compareBy = (name, [baseline, subject], format, goal) =>
		figure(summarize(paired(baseline, subject, (ours, raw) => ours / raw)), {
			label: `${label}: ${name}`,
			baseline: format(median(baseline)),
			subject: format(median(subject)),
			...goal,
		});
	const byKey = (key) => throughput.map((rounds) => pick(rounds, key));
	return [
		compareBy('echoes', byKey('perSecond'), perSecond, { atLeast: 0.95 }),
		compareBy('round trip p50', roundTrip, microseconds, { atMost: 1.05 }),
		compareBy('CPU an echo', byKey('cpuUs'), microseconds, {}),
	];
}
