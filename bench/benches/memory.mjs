import { sidePath } from '../harness/bundle.mjs';
import { bytes, figure, megabytes, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';

const OBSERVED_SOCKET_BYTES = 1024;
const CONNECTION_BYTES = 2560;
const CEILING_BYTES = 10e6;

export const sides = ['memory', 'raw-server'];
export const title = 'Memory that instrumentation retains';
export const head = ['measured', 'not installed', 'installed', 'retained', 'goal', ''];
export const notes = `Growth of the live heap (after forced garbage collections, memory outside of the heap included) in a process of its own. Where there are two sides, the figure is the difference between the same work with instrumentation and without.
Each socket and connection has an address of its own and 20 messages behind it (2 for those that ended). The Connections have four plugins besides their transport (statistics, ping-pong, two with a handshake) and the stages connect, auth, encrypt and total.
Folded: realistic probe events without sockets; one in ten ends with an error of its own.`;

export async function run({ quick }) {
	const [some, many] = quick ? [1000, 50_000] : [5000, 1_000_000];
	const server = startSide(sidePath('raw-server'));
	const url = await server.call('url');
	const figures = [
		await difference('an observed ws socket', 'observedSockets', { count: some, url }, OBSERVED_SOCKET_BYTES),
		await folded('an observed socket, folded', 'foldedSockets', { count: 10_000 }, { format: bytes, each: 10_000, atMost: OBSERVED_SOCKET_BYTES }),
		await difference('a Connection with four plugins and stages', 'connections', { count: some }, CONNECTION_BYTES),
		await folded(
			`after ${many.toLocaleString('en-US')} sockets, folded`,
			'foldedEndedSockets',
			{ count: many },
			{ format: megabytes, each: 1, atMost: CEILING_BYTES },
		),
		await folded(
			`after ${(many / 10).toLocaleString('en-US')} Connections`,
			'endedConnections',
			{ count: many / 10 },
			{ format: megabytes, each: 1, atMost: CEILING_BYTES },
		),
	];
	await server.end();
	return figures;
}

async function difference(label, command, options, atMost) {
	const { count } = options;
	const without = (await measure(command, options, false)) / count;
	const withIt = (await measure(command, options, true)) / count;
	return figure(single(withIt - without), { label, baseline: bytes(without), subject: bytes(withIt), format: bytes, atMost });
}

async function folded(label, command, options, { format, each, atMost }) {
	const growth = await measure(command, options, true);
	return figure(single(growth / each), { label, format, atMost });
}

async function measure(command, options, installed) {
	const side = startSide(sidePath('memory'), { execArgv: ['--expose-gc'] });
	if (installed) await side.call('install');
	const growth = await side.call(command, options);
	await side.end();
	return growth;
}
