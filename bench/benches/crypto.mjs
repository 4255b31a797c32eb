import { sidePath } from '../harness/bundle.mjs';
import { figure, microseconds, perSecond } from '../harness/figures.mjs';
import { startSide } from '../harness/side.mjs';
import { quantile, summarize } from '../harness/statistics.mjs';

const SIZES = [
	{ name: '64 B', bytes: 64 },
	{ name: '800 B', bytes: 800 },
	{ name: '64 KiB', bytes: 65_536 },
];
// Compiled ones are held to a goal; the others are for browsers.
const CIPHERS = [
	{ suite: 'chacha20-poly1305', backend: 'node', compiled: true },
	{ suite: 'chacha20-poly1305', backend: 'sodium', compiled: true },
	{ suite: 'chacha20-poly1305', backend: 'noble' },
	{ suite: 'aes-256-gcm', backend: 'node', compiled: true },
	{ suite: 'aes-256-gcm', backend: 'noble' },
	{ suite: 'xsalsa20-poly1305', backend: 'node' },
];
const BULK_GOAL = 1e9;

export const sides = ['crypto'];
export const title = 'Handshakes and records by themselves';
export const head = ['measured', 'sealed, or initiator', 'opened, or responder', 'sealed bulk, or both', 'goal', ''];
export const notes = `One thread, no connection: records of linkscope/1 with one message of that size, and the three messages of a handshake with identities and signatures, made, sent and checked (CPU of each side).
node is node:crypto (OpenSSL); sodium is sodium-native, with node:crypto for what is large; noble is JavaScript, as in browsers. xsalsa20-poly1305 is tweetnacl everywhere.`;

export async function run({ quick }) {
	const side = startSide(sidePath('crypto'));
	const figures = [];
	for (const backend of ['node', 'sodium', 'noble']) figures.push(await measureHandshake(side, backend, quick ? 3 : 10));
	for (const size of SIZES) {
		for (const cipher of CIPHERS) figures.push(await measureRecords(side, cipher, size, quick ? 5 : 15));
	}
	await side.end();
	return figures;
}

async function measureHandshake(side, backend, rounds) {
	const results = await repeat(rounds, () => side.call('handshake', { backend, count: backend === 'noble' ? 10 : 100 }));
	const median = (of) => microseconds(quantile(results.map(of), 0.5));
	return figure(summarize(results.map(({ initiator, responder }) => initiator + responder)), {
		label: `handshake, ${backend}`,
		baseline: median(({ initiator }) => initiator),
		subject: median(({ responder }) => responder),
		format: microseconds,
	});
}

async function measureRecords(side, { suite, backend, compiled }, { name, bytes }, rounds) {
	const records = Math.ceil((compiled ? 2e6 : 2e5) / (bytes + 500));
	const options = { suite, backend, bytes, records };
	const sealed = await repeat(rounds, () => side.call('seal', options));
	const opened = await repeat(rounds, () => side.call('open', options));
	const rate = (us) => perSecond(1e6 / quantile(us, 0.5));
	return figure(summarize(sealed.map((us) => (bytes / us) * 1e6)), {
		label: `${name}, ${suite}, ${backend}`,
		baseline: rate(sealed),
		subject: rate(opened),
		format: (perSecondBytes) => `${(perSecondBytes / 1e6).toFixed(0)} MB/s`,
		...(compiled && name === '64 KiB' && { atLeast: BULK_GOAL }),
	});
}

/** The first two are for the compiler. */
async function repeat(rounds, measure) {
	const results = [];
	for (let round = -2; round < rounds; round++) {
		const result = await measure();
		if (round >= 0) results.push(result);
	}
	return results;
}
