import { alternate } from '../harness/alternate.mjs';
import { sidePath } from '../harness/bundle.mjs';
import { patchFigures } from '../harness/patch-figures.mjs';
import { startSide } from '../harness/side.mjs';

const CASES = [
	{ name: '64 B binary', bytes: 64, messages: 20_000 },
	{ name: '64 B text', bytes: 64, text: true, messages: 20_000 },
	{ name: '800 B binary', bytes: 800, messages: 20_000 },
	{ name: '800 B text', bytes: 800, text: true, messages: 20_000 },
	{ name: '64 KiB binary', bytes: 65_536, messages: 1500 },
];

export const sides = ['raw-client', 'raw-server', 'observed-client'];
export const title = 'The patch on raw `ws`: on against off';
export const head = ['measured', 'patch off', 'patch on', 'on against off', 'goal', ''];
export const notes = `The same client of the same echo server, each in a process of its own, 64 messages under way: without linkscope; with installInstrumentation() and instrumentWs(ws)
while somebody reads the stats every second; and with nobody reading. CPU is that of the client's process for an echo, which is two messages (one sent, one received): the goal for a message is held against both together.`;

export async function run({ quick }) {
	const rounds = CASES.map(() => [[], [], []]);
	for (let generation = 0; generation < (quick ? 1 : 6); generation++) {
		const server = startSide(sidePath('raw-server'));
		const url = await server.call('url');
		const clients = [startClient('raw-client', url), startClient('observed-client', url, 'read'), startClient('observed-client', url)];
		for (const client of clients) await client.call('ready');
		for (const [index, { name, ...options }] of CASES.entries()) {
			const measure = (client) => client.call('throughput', { ...options, window: 64 });
			// Optimised code is what runs most of an application's life; compiling it takes some 100,000 messages.
			await alternate(clients, quick ? 2 : 5, measure);
			const results = await alternate(clients, quick ? 4 : 6, measure);
			for (const [side, values] of results.entries()) rounds[index][side].push(...values);
		}
		for (const each of [...clients, server]) await each.end();
	}
	return CASES.flatMap(({ name }, index) => patchFigures(name, rounds[index]));
}

function startClient(script, ...args) {
	return startSide(sidePath(script), { execArgv: ['--expose-gc'], args });
}
