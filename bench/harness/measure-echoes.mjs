import { alternate } from './alternate.mjs';
import { figure } from './figures.mjs';
import { paired, quantile, summarize } from './statistics.mjs';

const SIZES = [
	{ name: '64 B', bytes: 64, messages: 16_000, pings: 1500 },
	{ name: '800 B', bytes: 800, messages: 16_000, pings: 1500 },
	{ name: '64 KiB', bytes: 65_536, messages: 1500, pings: 500 },
];

/**
 * Echoes of three sizes through several pairs in turns: 64 messages under way, then one at a time.
 * @param {() => Promise<object[]>} startPairs of harness/pair.mjs
 * @returns for each size its name and, for each pair, one entry a round of perSecond, cpuUs (client), totalCpuUs (both processes) and roundTripUs
 */
export async function measureEchoes(startPairs, { generations, count }) {
	const results = SIZES.map(({ name }) => ({ name, perSecond: [], cpuUs: [], totalCpuUs: [], roundTripUs: [] }));
	// Compiled code and memory layout differ from process to process: several generations of them, not one.
	for (let generation = 0; generation < generations; generation++) {
		const pairs = await startPairs();
		for (const { client } of pairs) await client.call('ready');
		for (const [index, size] of SIZES.entries()) await measureSize(pairs, size, count, results[index]);
		for (const pair of pairs) await pair.end();
	}
	return results;
}

async function measureSize(pairs, { bytes, messages, pings }, count, into) {
	const throughput = async (pair) => {
		const [cpuUs, result] = await pair.cpuUsOf(() => pair.client.call('throughput', { bytes, messages, window: 64 }));
		return { ...result, totalCpuUs: cpuUs / messages };
	};
	const roundTrip = async (pair) => ({ roundTripUs: await pair.client.call('roundTrip', { bytes, messages: pings }) });
	for (const pair of pairs) {
		await throughput(pair);
		await roundTrip(pair);
	}
	for (const measure of [throughput, roundTrip]) {
		for (const [side, rounds] of (await alternate(pairs, count, measure)).entries()) {
			for (const key of Object.keys(rounds[0])) into[key][side] = [...(into[key][side] ?? []), ...rounds.map((round) => round[key])];
		}
	}
}

/** One line: a pair's rounds of a key against those of the first pair. */
export function compareEchoes(rounds, side, { label, format, ...goal }) {
	const [baseline, subject] = [rounds[0], rounds[side]];
	return figure(summarize(paired(baseline, subject, (ours, raw) => ours / raw)), {
		label,
		baseline: format(quantile(baseline, 0.5)),
		subject: format(quantile(subject, 0.5)),
		...goal,
	});
}
