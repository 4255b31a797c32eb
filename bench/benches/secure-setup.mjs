import { alternate } from '../harness/alternate.mjs';
import { bytes, figure, milliseconds, single } from '../harness/figures.mjs';
import { startPair } from '../harness/pair.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const AT_ONCE = 1000;
const AT_ONCE_GOAL = 2.8;
const IDLE_BYTES = 18 * 1024;
const SECURED_P99_MS = 10;
const PAIRED_P99_MS = 15;

const RAW = { name: 'bare ws', server: 'raw-server', client: 'dial-raw' };
const SECRET_STREAM = { name: 'secret-stream', server: 'secret-stream-server', client: 'dial-secret-stream' };
const LINKSCOPE = { name: 'linkscope', server: 'secure-server', client: 'dial-secure' };
const KINDS = [RAW, SECRET_STREAM, LINKSCOPE];

export const sides = KINDS.flatMap(({ server, client }) => [server, client]);
export const title = 'Setting up a secured connection';
export const head = ['measured', 'compared with', 'subject', 'subject ÷ compared', 'goal', ''];
export const notes = `Client and server are processes of their own on loopback. linkscope: connect and listen with an identity (authentication and encryption), the facade's default plugins, instrumentation installed.
secret-stream: @hyperswarm/secret-stream (Noise XX by libsodium) over createWebSocketStream of ws. Open: the client's side says so, for linkscope ACTIVE, which is two round trips later than secret-stream's "connected", because the server has
confirmed keys and suite by then. Answered: a first message has been echoed as well. CPU is that of both processes together, from dialling to the first echo. Added is the difference of medians of a round.
Memory is the growth of the server's live heap, what the heap holds outside of itself included, for a connection that has echoed one message and is idle. Stages are seen from the client.`;

export async function run({ quick }) {
	const rounds = await measureRounds(quick);
	return [...setupFigures(rounds), ...atOnceFigures(rounds), ...(await memoryFigures(quick)), ...(await stageFigures(quick))];
}

/** @returns for each kind one entry a round: openMs and answeredMs (medians), cpuMs, atOnceMs, failures. */
async function measureRounds(quick) {
	const all = KINDS.map(() => []);
	for (let generation = 0; generation < (quick ? 1 : 4); generation++) {
		const pairs = await startPairs();
		const measure = (pair) => measureSetup(pair, quick ? 100 : 200);
		await alternate(pairs, 2, measure);
		for (const [kind, values] of (await alternate(pairs, quick ? 3 : 5, measure)).entries()) all[kind].push(...values);
		for (const pair of pairs) await pair.end();
	}
	return all;
}

async function startPairs() {
	const pairs = [];
	for (const { server, client } of KINDS) pairs.push(await startPair(server, client));
	return pairs;
}

async function measureSetup({ client, cpuUsOf }, count) {
	const [cpuUs, { openMs, answeredMs }] = await cpuUsOf(() => client.call('oneByOne', { count }));
	await client.call('endAll');
	const { ms, failures } = await client.call('allAtOnce', { count: AT_ONCE });
	await client.call('endAll');
	if (failures.length > 0) console.error(`${failures.length} of ${AT_ONCE} failed, the first with: ${failures[0]}`);
	return { openMs: quantile(openMs, 0.5), answeredMs: quantile(answeredMs, 0.5), cpuMs: cpuUs / count / 1000, atOnceMs: ms, failures: failures.length };
}

function setupFigures([raw, secretStream, linkscope]) {
	return [
		['openMs', 'open, p50', precise],
		['answeredMs', 'answered, p50', precise],
		['cpuMs', 'CPU', precise],
	].flatMap(([key, label, format]) => [
		compare(key, secretStream, linkscope, { label: `${label}: linkscope against secret-stream`, format, atMost: 1 }),
		compare(key, raw, linkscope, { label: `${label}: linkscope against bare ws`, format }),
		compare(key, raw, secretStream, { label: `${label}: secret-stream against bare ws`, format }),
		figure(summarize(paired(valuesOf(raw, key), valuesOf(linkscope, key), (ours, bare) => ours - bare)), {
			label: `${label}: added by linkscope`,
			format: precise,
		}),
	]);
}

function atOnceFigures([raw, secretStream, linkscope]) {
	const label = `${AT_ONCE.toLocaleString('en-US')} at once, all answered`;
	const failures = valuesOf(linkscope, 'failures').reduce((sum, count) => sum + count, 0);
	return [
		compare('atOnceMs', raw, linkscope, { label: `${label}: linkscope against bare ws`, format: milliseconds, atMost: AT_ONCE_GOAL }),
		compare('atOnceMs', raw, secretStream, { label: `${label}: secret-stream against bare ws`, format: milliseconds }),
		figure(single(failures), { label: `failed of ${(AT_ONCE * linkscope.length).toLocaleString('en-US')}: linkscope`, format: String, atMost: 0 }),
	];
}

async function memoryFigures(quick) {
	const count = quick ? 500 : 2000;
	const idle = [];
	for (const { server, client } of KINDS) {
		const pair = await startPair(server, client);
		// What the first connections bring along for good is no connection's.
		await pair.client.call('oneByOne', { count: 100 });
		const before = await pair.server.call('liveBytes');
		await pair.client.call('oneByOne', { count });
		idle.push(((await pair.server.call('liveBytes')) - before) / count);
		await pair.end();
	}
	return KINDS.map(({ name }, index) =>
		figure(single(idle[index]), { label: `idle connection on the server: ${name}`, format: bytes, ...(name === 'linkscope' && { atMost: IDLE_BYTES }) }),
	);
}

async function stageFigures(quick) {
	const count = quick ? 300 : 2000;
	const p99 = async (label, atMost, pairing) => {
		const pair = await startPair(LINKSCOPE.server, LINKSCOPE.client, { serverArgs: pairing ? ['pairing'] : [] });
		const invite = pairing ? await pair.server.call('invite') : undefined;
		await pair.client.call('securedMs', { count: 300, invite });
		const securedMs = await pair.client.call('securedMs', { count, invite });
		await pair.end();
		if (securedMs.length !== count) throw new Error(`the stats list ${securedMs.length} of ${count} connections`);
		return figure(single(quantile(securedMs, 0.99)), { label, subject: precise(quantile(securedMs, 0.5)), format: precise, atMost });
	};
	return [
		await p99('authentication and encryption: p50, p99', SECURED_P99_MS, false),
		await p99('authentication, encryption and pairing: p50, p99', PAIRED_P99_MS, true),
	];
}

function compare(key, baseline, subject, { label, format, ...goal }) {
	const [bare, ours] = [valuesOf(baseline, key), valuesOf(subject, key)];
	return figure(summarize(paired(bare, ours, (mine, base) => mine / base)), {
		label,
		baseline: format(quantile(bare, 0.5)),
		subject: format(quantile(ours, 0.5)),
		...goal,
	});
}

function valuesOf(rounds, key) {
	return rounds.map((round) => round[key]);
}

function precise(ms) {
	return `${ms.toFixed(2)} ms`;
}
