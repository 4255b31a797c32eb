import { sidePath } from '../harness/bundle.mjs';
import { bytes, figure, microseconds, perSecond, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { quantile, summarize } from '../harness/statistics.mjs';

const SESSION_BYTES = 1024;
const TIMES_FASTER = 100;
/** What seeds/003 promises of each, in milliseconds. */
const WORKS = [
	{ work: 'registration', label: 'registrations', seedMs: 10 },
	{ work: 'heartbeat', label: 'heartbeats', seedMs: 5 },
	{ work: 'status', label: 'status updates', seedMs: 3 },
];

export const sides = ['sessions'];
export const title = 'A SessionManager with 10,000 sessions';
export const head = ['measured', 'the seed', 'linkscope', 'times faster; bytes', 'goal', ''];
export const notes = `On average of thousands, in a process of its own; the times are the medians of the rounds, with their spread. Somebody listens to the events, and each session has two fields of metadata. Stored: every change is also marked for a storage (in memory), which takes batches in the background.
The seed's figures are its promises, not measurements. Bytes: growth of the live heap after forced garbage collections, the metadata included.`;

export async function run({ quick }) {
	const side = startSide(sidePath('sessions'), { execArgv: ['--expose-gc'] });
	const [rounds, count] = quick ? [5, 10_000] : [15, 20_000];
	const figures = [];
	for (const stored of [false, true]) {
		await side.call('start', { sessions: 10_000, stored });
		for (const each of WORKS) figures.push(await timed(side, each, { rounds, count, stored }));
	}
	await side.end();
	const fresh = startSide(sidePath('sessions'), { execArgv: ['--expose-gc'] });
	const size = await fresh.call('bytes', { sessions: quick ? 20_000 : 100_000 });
	await fresh.end();
	return [...figures, figure(single(size), { label: 'bytes a session', baseline: bytes(SESSION_BYTES), format: bytes, atMost: SESSION_BYTES })];
}

async function timed(side, { work, label, seedMs }, { rounds, count, stored }) {
	await side.call('time', { work, count });
	const tookUs = [];
	for (let i = 0; i < rounds; i++) tookUs.push(await side.call('time', { work, count }));
	const us = quantile(tookUs, 0.5);
	return figure(summarize(tookUs.map((each) => (seedMs * 1000) / each)), {
		label: stored ? `${label}, stored` : label,
		baseline: `${seedMs} ms`,
		subject: `${microseconds(us)}, ${perSecond(1e6 / us)}`,
		format: (times) => `${Math.round(times).toLocaleString('en-US')} ×`,
		atLeast: TIMES_FASTER,
	});
}
