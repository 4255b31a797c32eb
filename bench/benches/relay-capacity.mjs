import { setTimeout as sleep } from 'node:timers/promises';
import { sidePath } from '../harness/bundle.mjs';
import { bytes, figure, megabytes, microseconds, perSecond, ratio, single } from '../harness/figures.mjs';
import { kernelQueuedBytes } from '../harness/kernel-queues.mjs';
import { startSide } from '../harness/side.mjs';
import { paired, quantile, summarize } from '../harness/statistics.mjs';

const MIB = 2 ** 20;
const IDLE_RSS_BYTES = 150e6;
const IDLE_BYTES = 10 * 1024;
const HELD_BYTES = 4 * MIB;
// Keys that came and went are remembered for 20 to 40 s, so that nobody does so all the time.
const SETTLE_MS = 60_000;
const POLL_MS = 100;
const execArgv = ['--expose-gc'];

const mebibytes = (n) => `${(n / MIB).toFixed(2)} MiB`;

export const sides = ['relay-alone', 'relay-crowd', 'relay-peer'];
export const title = 'What a relay carries';
export const head = ['measured', 'before', 'after', 'figure', 'goal', ''];
export const notes = `The relay is a process of its own, and so is each end of a splice; all who wait or come and go share one. Loopback, no TLS; limits per address are out of the way, as all have the same. Live memory is what JavaScript holds and what that holds outside of
itself; it and RSS are read after forced garbage collections where nothing else is said. Before is the relay that nobody has dialled yet, and RSS includes Node itself.
**Held.** One end sends as fast as it is let, the other does not read. What the relay holds is counted twice: by what waits in the buffers of its sockets, looked at every 5 ms, the most of it; and from outside, by what the sender’s system has taken and the reader has not got,
less what the kernel says it has in the queues of those connections (/proc/net/tcp), when nothing moves any more. Growth of RSS is the highest seen, and includes garbage that nobody has collected yet.
**Other splices.** Medians of p99 of 500 echoes of 800 B each. While bytes pass: compared with the same bytes passing through another relay’s process, which takes the machine’s processors as well: six
processes share two of them, and p99 is mostly their waiting for each other. The relay’s own part is that one turn of it takes at most 2 MiB from one socket before the next has its turn.
**Connections.** A mix of eleven kinds, as many of each: listeners that register and leave or are cut off, calls with a message each way (two connections that count as one), both in both protocols; calls to nobody, wrong proofs, messages that are none, and ends after a first message,
after the upgrade and in the middle of it. A tenth as many come before, and both readings wait until the rate limits have forgotten everybody. Heap snapshots say
that what live memory still grows by is compiled code: no object is left. Handles are those of process.getActiveResourcesInfo().`;

export async function run({ quick }) {
	return [
		...(await waitingFigures('native', quick ? 5000 : 10_000)),
		...(await waitingFigures('ONE', quick ? 5000 : 10_000)),
		...(await pressureFigures(quick ? 100e6 : 1e9)),
		...(await cycleFigures(quick ? 2000 : 100_000)),
	];
}

async function startRelay() {
	const relay = startSide(sidePath('relay-alone'), { execArgv });
	return { relay, url: await relay.call('listen') };
}

async function waitingFigures(kind, count) {
	const { relay, url } = await startRelay();
	const crowd = startSide(sidePath('relay-crowd'));
	const before = await relay.call('state');
	const cpuBefore = await relay.call('cpuUs');
	const ms = await crowd.call('wait', { url, kind, count });
	const cpuUs = (await relay.call('cpuUs')) - cpuBefore;
	const ungathered = await relay.call('rssBytes');
	const after = await relay.call('state');
	await crowd.end();
	await relay.end();
	if (after.waiting !== count) throw new Error(`${after.waiting} of ${count} wait`);
	const label = `${count.toLocaleString('en-US')} ${kind} registrations`;
	const grown = (key) => single((after[key] - before[key]) / count);
	return [
		figure(single(after.rssBytes), { label: `${label}: RSS`, baseline: megabytes(before.rssBytes), format: megabytes, atMost: IDLE_RSS_BYTES }),
		figure(single(ungathered), { label: `${label}: RSS as it stands, no garbage collection forced`, format: megabytes }),
		figure(grown('rssBytes'), { label: `${label}: growth of RSS, each`, format: bytes, atMost: IDLE_BYTES }),
		figure(grown('liveBytes'), { label: `${label}: live memory of JavaScript, each`, format: bytes }),
		figure(single(cpuUs / count), { label: `${label}: CPU of the relay, each`, format: microseconds }),
		figure(single((count / ms) * 1000), { label: `${label}: verified and waiting`, format: perSecond }),
	];
}

/** A pair through the relay, its ends in two processes. */
async function startPair(url) {
	const [listener, dialler] = [startSide(sidePath('relay-peer'), { execArgv }), startSide(sidePath('relay-peer'), { execArgv })];
	await dialler.call('call', { url, target: await listener.call('listen', url) });
	return { listener, dialler };
}

async function pressureFigures(total) {
	const [subject, other] = [await startRelay(), await startRelay()];
	const [echoing, pushing, pushingElsewhere] = [await startPair(subject.url), await startPair(subject.url), await startPair(other.url)];
	await echoing.listener.call('reflect');
	const echoP99s = (rounds) => measureP99s(echoing.dialler, rounds);
	await echoP99s(5);
	const { rssBytes } = await subject.relay.call('state');

	const alone = await echoP99s(20);
	await subject.relay.call('watchHeld');
	await pushing.listener.call('pause');
	await pushing.dialler.call('push', { bytes: total });
	const whilePaused = await echoP99s(20);
	const inFlight = await settledInFlight(pushing);
	const paused = await subject.relay.call('heldPeak');

	await subject.relay.call('watchHeld');
	const whilePassing = await whileTaken(pushing, total, () => echoP99s(20));
	const passed = await subject.relay.call('heldPeak');

	await pushingElsewhere.dialler.call('push', { bytes: total });
	const whilePassingElsewhere = await whileTaken(pushingElsewhere, total, () => echoP99s(20));

	for (const { listener, dialler } of [echoing, pushing, pushingElsewhere]) for (const side of [listener, dialler]) await side.end();
	for (const { relay } of [subject, other]) await relay.end();

	const pushed = `${(total / 1e9).toFixed(1)} GB pushed`;
	return [
		figure(single(paused.heldBytes), { label: 'the reader is paused: held in the relay’s sockets', format: mebibytes, atMost: HELD_BYTES }),
		figure(single(inFlight.sent - inFlight.received - inFlight.kernel), {
			label: 'the reader is paused: sent, and neither received nor in the kernel',
			baseline: `${mebibytes(inFlight.sent - inFlight.received)} under way`,
			subject: `${mebibytes(inFlight.kernel)} in the kernel`,
			format: mebibytes,
			atMost: HELD_BYTES,
		}),
		figure(single(paused.rssBytes - rssBytes), { label: 'the reader is paused: growth of RSS', format: mebibytes }),
		figure(single(passed.heldBytes), { label: `${pushed}, read in bursts: held in the relay’s sockets`, format: mebibytes, atMost: HELD_BYTES }),
		figure(single(passed.rssBytes - rssBytes), { label: `${pushed}, read in bursts: growth of RSS`, format: mebibytes }),
		compareP99(alone, whilePaused, 'another splice while the reader is paused: echo p99, to nothing else'),
		compareP99(whilePassingElsewhere, whilePassing, `another splice while ${pushed}: echo p99, to another relay`),
	];
}

async function measureP99s(dialler, rounds) {
	const values = [];
	for (let round = 0; round < rounds; round++) values.push(await dialler.call('roundTrip', { bytes: 800, messages: 500, share: 0.99 }));
	return values;
}

/** What `work` returns, done while all that is pushed is read in bursts. */
async function whileTaken({ listener, dialler }, total, work) {
	const taken = listener.call('takeInBursts', { bytes: total });
	const result = await work();
	await taken;
	await dialler.call('pushed');
	return result;
}

function compareP99(baseline, subject, label) {
	return figure(summarize(paired(baseline, subject, (during, before) => during / before)), {
		label,
		baseline: microseconds(quantile(baseline, 0.5)),
		subject: microseconds(quantile(subject, 0.5)),
		format: ratio,
	});
}

/** What is on its way when nothing moves any more. */
async function settledInFlight({ listener, dialler }) {
	const ports = [await listener.call('port'), await dialler.call('port')];
	for (let last = -1; ; await sleep(POLL_MS)) {
		const sent = await dialler.call('sentBytes');
		if (sent === last) return { sent, received: await listener.call('receivedBytes'), kernel: kernelQueuedBytes(ports) };
		last = sent;
	}
}

async function cycleFigures(count) {
	const { relay, url } = await startRelay();
	const crowd = startSide(sidePath('relay-crowd'));
	await crowd.call('comeAndGo', { url, count: Math.max(2000, count / 10) });
	await settled(relay);
	const before = await relay.call('state');
	const cpuBefore = await relay.call('cpuUs');
	const { failures, ms } = await crowd.call('comeAndGo', { url, count });
	const cpuUs = (await relay.call('cpuUs')) - cpuBefore;
	await settled(relay);
	const after = await relay.call('state');
	await crowd.end();
	await relay.end();
	if (failures.length > 0) console.error(`${failures.length} went wrong, the first: ${failures[0]}`);
	const label = `${count.toLocaleString('en-US')} connections`;
	const back = (key, name, { format = String, ...goal }) =>
		figure(single(after[key] - before[key]), { label: `after ${label}: ${name}`, baseline: format(before[key]), subject: format(after[key]), format, ...goal });
	return [
		figure(single(failures.length), { label: `${label}: went another way than they should`, format: String, atMost: 0 }),
		back('remembered', 'entries of maps', { atMost: 0 }),
		back('handles', 'open handles', { atMost: 0 }),
		back('timers', 'pending timers', { atMost: 0 }),
		back('liveBytes', 'live memory', { format: megabytes, atMost: 1e6 }),
		back('rssBytes', 'RSS', { format: megabytes }),
		figure(single(cpuUs / count), { label: `${label}: CPU of the relay, each`, format: microseconds }),
		figure(single((count / ms) * 1000), { label: `${label}: a second`, format: perSecond }),
	];
}

async function settled(relay) {
	for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += POLL_MS) {
		const { remembered, connections } = await relay.call('counts');
		if (remembered === 0 && connections === 0) return;
		await sleep(POLL_MS);
	}
}
