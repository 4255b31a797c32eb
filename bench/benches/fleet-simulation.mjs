import { sidePath } from '../harness/bundle.mjs';
import { bytes, figure, megabytes, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';

const FLEET = 1_000;
const BIG_FLEET = 100_000;

export const sides = ['fleet'];
export const title = 'Fleets of simulated nodes';
export const head = ['measured', '', 'linkscope', 'figure', 'goal', ''];
export const notes = `ConnectionPool, AdaptiveMonitor and SubscriptionManager together, with their defaults, in a process of their own; the nodes are promises.
Memory: growth of the live heap after forced garbage collections, ten minutes after the last node was connected, the simulated connections included.
CPU: user and system time of the whole process on the real clock, its answers' timers included, while every node is in trouble and so is checked every 5 s: nothing is extrapolated. A fleet that is well asks for a fiftieth of these checks.
The day: ${BIG_FLEET.toLocaleString('en-US')} nodes are dialled at 20/s, one in a hundred never answers, one check in a thousand fails, and each answer takes 20 ms of the fake clock. How long that takes on a busy machine says more about the machine.`;

export async function run({ quick }) {
	const memory = await ask('memory', { nodes: FLEET });
	const bigMemory = await ask('memory', { nodes: quick ? BIG_FLEET / 10 : BIG_FLEET });
	const { share, checksPerSecond } = await ask('cpu', { nodes: FLEET, seconds: quick ? 5 : 20 });
	const nodes = quick ? BIG_FLEET / 10 : BIG_FLEET;
	const { wallSeconds, cpuSeconds, checks } = await ask('day', { nodes });
	return [
		figure(single(memory), { label: `memory of ${count(FLEET)} nodes`, format: megabytes, atMost: 15e6 }),
		figure(single(bigMemory / nodes), { label: `memory of one of ${count(nodes)} nodes`, format: bytes }),
		figure(single(share), { label: `CPU of ${count(FLEET)} nodes in trouble`, subject: `${count(checksPerSecond)} checks/s`, format: ofACore, atMost: 0.01 }),
		figure(single(wallSeconds), {
			label: `a day of ${count(nodes)} nodes`,
			subject: `${count(checks)} checks, ${inSeconds(cpuSeconds)} of CPU`,
			format: inSeconds,
			atMost: 60,
		}),
	];
}

async function ask(command, argument) {
	const side = startSide(sidePath('fleet'), { execArgv: ['--expose-gc'] });
	const answer = await side.call(command, argument);
	await side.end();
	return answer;
}

const count = (n) => Math.round(n).toLocaleString('en-US');
const ofACore = (share) => `${(share * 100).toFixed(2)} % of a core`;
const inSeconds = (n) => `${n.toFixed(1)} s`;
