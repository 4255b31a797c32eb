import { sidePath } from '../harness/bundle.mjs';
import { figure, milliseconds, single } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { quantile } from '../harness/statistics.mjs';

const PEERS = ['socket.io-client', 'mqtt', 'partysocket', 'reconnecting-websocket'];
const SHORT_MS = 500;
const LONG_MS = 60_000;
const CLIENTS = 20;
const WINDOW_MS = 100;

export const sides = ['reconnect'];
export const title = 'Back after an outage';
export const head = ['measured', '', 'of', 'value', 'goal', ''];
export const notes = `Clients of one library in a process of its own, each with its makers’ defaults, and beside them the port that they dial: it resets every connection and for the time of the outage every dial, and counts the dials. New clients each round; the libraries take turns.
Back: from the server’s return to the connection. Dials: those of each client from the begin of the outage to its connection, the one that succeeded included. The long outage is waited for once, by all libraries at the same time; the simulated one is that of a thousand links on a clock that stands still until told.
Full 100 ms: of the dials of all clients in the half second of an outage, the share in the fullest tenth of a second.`;

export async function run({ quick }) {
	const sides = new Map(['linkscope', ...PEERS].map((library) => [library, startSide(sidePath('reconnect'))]));
	try {
		return [...(await shortFigures(sides, quick ? 1 : 5)), ...(await simulatedFigures(sides)), ...(quick ? [] : await longFigures(sides))];
	} finally {
		for (const side of sides.values()) await side.end();
	}
}

async function shortFigures(sides, rounds) {
	const backMs = new Map([...sides.keys()].map((library) => [library, []]));
	const ours = [];
	for (let round = 0; round < rounds; round++) {
		for (const [library, side] of sides) {
			const outage = await side.call('outage', { library, count: CLIENTS, outageMs: SHORT_MS });
			backMs.get(library).push(...outage.backMs);
			if (library === 'linkscope') ours.push(fullest(outage.dialsAtMs.filter((ms) => ms < SHORT_MS)));
		}
	}
	const of = `${rounds * CLIENTS} clients`;
	return [
		...[...backMs].flatMap(([library, values]) => back(library, values, of, '0.5 s', library === 'linkscope' ? { 0.5: 200, 0.9: 400 } : {})),
		figure(single(quantile(ours, 0.5)), { label: `linkscope: share of the dials in the fullest ${WINDOW_MS} ms`, subject: of }),
	];
}

async function simulatedFigures(sides) {
	const count = 1_000;
	const { dials, backMs } = await sides.get('linkscope').call('simulate', { count, outageMs: LONG_MS });
	const of = `${count} links`;
	return [
		...[0.5, 0.9].map((share) =>
			figure(single(quantile(dials, share)), { label: `linkscope, simulated: dials for 60 s, p${share * 100}`, subject: of, format: String }),
		),
		...back('linkscope, simulated', backMs, of, '60 s'),
	];
}

async function longFigures(sides) {
	const outages = await Promise.all(
		[...sides].map(async ([library, side]) => [library, await side.call('outage', { library, count: CLIENTS, outageMs: LONG_MS })]),
	);
	const perClient = new Map(outages.map(([library, { dialsAtMs }]) => [library, dialsAtMs.length / CLIENTS]));
	const peersMedian = quantile(
		PEERS.map((library) => perClient.get(library)),
		0.5,
	);
	const of = `${CLIENTS} clients`;
	return outages.flatMap(([library, { backMs }]) => [
		figure(single(perClient.get(library)), {
			label: `${library}: dials for 60 s, mean`,
			subject: of,
			format: (n) => n.toFixed(1),
			atMost: library === 'linkscope' ? peersMedian : undefined,
		}),
		...back(library, backMs, of, '60 s'),
	]);
}

function back(library, backMs, of, outage, goals = {}) {
	return [0.5, 0.9].map((share) =>
		figure(single(quantile(backMs, share)), {
			label: `${library}: back after ${outage}, p${share * 100}`,
			subject: of,
			format: milliseconds,
			atMost: goals[share],
		}),
	);
}

/** The share of the times that lie in the fullest window. */
function fullest(times) {
	const sorted = [...times].sort((a, b) => a - b);
	let most = 0;
	for (let from = 0, to = 0; to < sorted.length; to++) {
		while (sorted[to] - sorted[from] >= WINDOW_MS) from++;
		most = Math.max(most, to - from + 1);
	}
	return most / times.length;
}
