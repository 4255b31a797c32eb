import { microseconds, perSecond } from '../harness/figures.mjs';
import { compareEchoes, measureEchoes } from '../harness/measure-echoes.mjs';
import { startPair } from '../harness/pair.mjs';

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
	const startPairs = async () => [await startPair('raw-server', 'raw-client'), await startPair(subjectServer, 'linkscope-client')];
	const sizes = await measureEchoes(startPairs, { generations: quick ? 1 : 4, count: quick ? 2 : 6 });
	return sizes.flatMap((size) => [
		compareEchoes(size.perSecond, 1, { label: `${which}, ${size.name}: echoes`, format: perSecond, atLeast: 0.95 }),
		compareEchoes(size.roundTripUs, 1, { label: `${which}, ${size.name}: round trip p50`, format: microseconds, atMost: 1.05 }),
		compareEchoes(size.cpuUs, 1, { label: `${which}, ${size.name}: CPU an echo`, format: microseconds }),
	]);
}
