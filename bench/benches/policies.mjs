import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { bytes, figure, nanoseconds, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { quantile, summarize } from '../harness/statistics.mjs';

const CALLS = [
	{ label: 'retry + circuit breaker', names: ['cockatiel', 'opossum', 'linkscope'], atMost: 150 },
	{ label: 'retry + circuit breaker + timeout', names: ['cockatiel, timeout', 'opossum, timeout', 'linkscope, timeout'], atMost: 500 },
	{ label: 'RetryManager.executeWithRetry', names: [null, null, 'linkscope, manager'] },
	{ label: 'no policy: the task alone', names: [null, null, 'the task itself'] },
];
const WAITING = 100_000;
// Many short rounds: on a busy machine a long one is always interrupted.
const WARM_UP = 20;

export const sides = ['policies'];
export const title = 'What policies cost a call that goes well';
export const head = ['a successful call through', 'cockatiel', 'opossum', 'linkscope', 'goal', ''];
export const notes = `An async function that does nothing, called and awaited again and again; each cell is a process of its own, measured in turns with the others. opossum has no retry: its figures are those of the breaker alone.
An operation that waits for its next try counts with the promise of its caller, without its id and its task; ${WAITING.toLocaleString('en-US')} of them.`;

export async function run({ quick }) {
	const names = CALLS.flatMap((call) => call.names).filter((name) => name !== null);
	const running = await Promise.all(names.map(startCalls));
	await alternate(running, WARM_UP, time);
	const rounds = await alternate(running, quick ? 20 : 100, time);
	for (const { side } of running) await side.end();
	const results = new Map(names.map((name, index) => [name, rounds[index]]));
	const median = (name) => (name === null ? '' : nanoseconds(quantile(results.get(name), 0.5)));
	const figures = CALLS.map(({ label, names: [one, other, ours], atMost }) =>
		figure(summarize(results.get(ours)), { label, baseline: median(one), subject: median(other), format: nanoseconds, atMost }),
	);
	return [...figures, await waiting()];
}

async function startCalls(name) {
	const side = startSide(sidePath('policies'));
	await side.call('use', name);
	return { side, count: name.startsWith('cockatiel, ') ? 500 : 10_000 };
}

function time({ side, count }) {
	return side.call('time', count);
}

async function waiting() {
	const side = startSide(sidePath('policies'), { execArgv: ['--expose-gc'] });
	const held = await side.call('waiting', WAITING);
	await side.end();
	return figure(single(held), { label: 'an operation that waits', format: bytes, atMost: 500 });
}
