import type { ProbeEvent } from '@linkscope/core';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { log } from './live-log.js';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { reportOf } from './report.js';
import { statsOf } from './stats.js';
import { watch } from './watchers.js';

function registryWith(options: Parameters<typeof settingsFrom>[0] = {}): Registry {
	return new Registry(settingsFrom(options), 0, EPOCH);
}

test('a million connections leave a bounded memory, and what was dropped is counted', () => {
	const registry = registryWith();
	for (let i = 0; i < 1_000_000; i++) {
		const id = `c${i}`;
		registry.fold({ type: 'created', id, at: i, epoch: EPOCH + i, role: 'observed', transport: 'websocket', remote: `wss://host/${i % 7}` });
		registry.fold({ type: 'sent', id, at: i, bytes: 10, wireBytes: 16, bufferedBytes: 0 });
		// Every tenth is never closed.
		if (i % 10 === 0) continue;
		registry.fold({ type: 'closed', id, at: i, state: 'CLOSED', code: 1000, reason: '', wasClean: true, initiatedBy: 'remote', errorCode: null });
	}
	const stats = statsOf(registry, 1_000_000);
	expect(stats.totalConnections).toBe(1_000_000);
	expect(stats.activeConnections).toHaveLength(10_000);
	expect(stats.connections).toHaveLength(10_200);
	expect(stats.recentEvents).toHaveLength(1000);
	const { dropped, degraded, retainedBytes } = stats.resources.instrumentation;
	// Once 10,000 are open the others are counted only.
	expect(dropped).toMatchObject({ connections: 900_009, closed: 89_791, names: 0 });
	expect(degraded).toBe(true);
	expect(retainedBytes).toBeLessThan(10_000_000);
}, 60_000);

test('kinds of transports, plugins, tags and stages are bounded too', () => {
	const registry = registryWith();
	for (let i = 0; i < 200; i++) {
		const recording = new Recording(`c${i}`, { transport: `kind-${i}`, tags: Object.fromEntries(Array.from({ length: 99 }, (_, tag) => [`t${tag}`, 'x'])) });
		for (let j = 0; j < 3; j++)
			recording.push({
				type: 'plugin',
				action: 'added',
				name: `p${i}-${j}`,
				position: j,
				counters: { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, nsPerMessage: null },
			});
		for (let j = 0; j < 50; j++)
			recording.push({ type: 'note', note: { kind: 'stage', name: 'sync', startedAt: 0, durationMs: 1, messages: 1, outcome: 'ok' } });
		for (const event of recording.events) registry.fold(event);
	}
	const stats = statsOf(registry, 1000);
	expect(Object.keys(stats.transports)).toHaveLength(65);
	expect(stats.transports.other?.connections).toBe(136);
	expect(Object.keys(stats.plugins)).toHaveLength(65);
	expect(Object.keys(stats.connections[0]?.tags ?? {})).toHaveLength(16);
	expect(stats.connections[0]?.stages).toHaveLength(12);
	expect(stats.resources.instrumentation.dropped.names).toBeGreaterThan(0);
});

test('errors are bounded, newest first, and all of them are counted', () => {
	const registry = registryWith();
	for (const event of new Recording('c1').events) registry.fold(event);
	for (let i = 0; i < 150; i++) registry.fold({ type: 'error', id: 'c1', at: i, kind: 'plugin', code: null, message: `number ${i}` });
	const { recentErrors, global, resources } = statsOf(registry, 200);
	expect(recentErrors).toHaveLength(100);
	expect(recentErrors[0]?.error).toBe('number 149');
	expect(global.totalErrors).toBe(150);
	expect(resources.instrumentation.dropped.errors).toBe(50);
});

test('the text of a long error keeps no megabyte alive', () => {
	const registry = registryWith();
	for (const event of new Recording('c1').events) registry.fold(event);
	registry.fold({ type: 'error', id: 'c1', at: 0, kind: 'plugin', code: null, message: 'x'.repeat(5_000_000) });
	expect(statsOf(registry, 0).recentErrors[0]?.error).toHaveLength(200);
});

test('what a connection, a link or a plugin says is plain, finite, bounded and escaped in the stats', () => {
	const registry = registryWith();
	const long = `\u001b${'x'.repeat(100_000)}`;
	const recording = new Recording('c1', { link: { id: long, generation: Number.NaN, replaces: long } })
		.open()
		.push({ type: 'sent', bytes: 1, wireBytes: Number.NaN, bufferedBytes: undefined as unknown as number })
		.push({ type: 'error', kind: 'connection', code: long, message: long })
		.push({ type: 'note', note: { kind: 'path', path: long, candidatesTried: Number.NaN, upgradedFrom: long } })
		.push({ type: 'note', note: { kind: 'stage', name: 'auth', startedAt: 0, durationMs: 1, messages: Number.NaN, outcome: long as 'ok' } })
		.push({ type: 'note', note: { kind: 'security', stage: long as 'auth', outcome: 'ok', peer: long } })
		.push({ type: 'note', note: { kind: 'listeners', on: long, count: Number.NaN } })
		.close(Number.NaN, long);
	for (const event of recording.events) registry.fold(event);
	const stats = statsOf(registry, 0);
	expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
	expect(JSON.stringify(stats).length).toBeLessThan(20_000);
	expect(JSON.stringify(stats)).not.toContain('\\u001b');
});

test('tags are bounded, and what they and the URLs weigh is told', () => {
	const registry = registryWith();
	const tags = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key${i}`, `${i}`.padEnd(100, 'v')]));
	for (let i = 0; i < 1000; i++) for (const event of new Recording(`c${i}`, { remote: `wss://h${i}/${'p'.repeat(180)}`, tags }).events) registry.fold(event);
	const { connections, resources } = statsOf(registry, 0);
	expect(Object.keys(connections[0]?.tags ?? {})).toHaveLength(9);
	expect(resources.instrumentation.retainedBytes).toBeGreaterThan(1_800_000);
});

test('an error in a phase is of its type, and the words of auth and pairing stay apart', () => {
	const registry = registryWith();
	const message = 'challenge failed: authority not trusted to pair';
	for (const [index, state] of (['AUTHENTICATING', 'ENCRYPTING', 'PAIRING'] as const).entries()) {
		const recording = new Recording(`c${index}`).through(['CONNECTING', 'CONNECTED', state]).push({ type: 'error', kind: 'protocol', code: 'X', message });
		for (const event of recording.events) registry.fold(event);
	}
	const [pairing, encryption, auth] = statsOf(registry, 100).recentErrors;
	expect(auth).toMatchObject({ type: 'auth', severity: 'high' });
	expect(auth?.error).toMatch(/^auth: challenge failed/);
	expect(auth?.error).not.toMatch(/pair|trust/);
	expect(auth?.error).toBe('auth: challenge failed: authority not Trusted to Pair');
	expect(encryption).toMatchObject({ type: 'encryption', severity: 'critical' });
	expect(pairing?.error).toMatch(/^pairing: /);
	expect(pairing?.error).not.toMatch(/auth|challenge/);
});

test('include, exclude and sampleRate leave connections out altogether', () => {
	const urls = ['wss://a.example/x', 'wss://b.example/x', 'wss://b.example/y'];
	const seen = (options: Parameters<typeof settingsFrom>[0]) => {
		const registry = registryWith(options);
		for (const [index, remote] of urls.entries()) for (const event of new Recording(`c${index}`, { remote }).open().events) registry.fold(event);
		return statsOf(registry, 0).connections.map(({ url }) => url);
	};
	expect(seen({ include: ['b.example'] })).toEqual(urls.slice(1));
	// A global expression keeps no state from one URL to the next.
	expect(seen({ include: [/b\.example/g] })).toEqual(urls.slice(1));
	expect(seen({ include: ['b.example'], exclude: [/y$/] })).toEqual([urls[1]]);
	expect(seen({ sampleRate: 0 })).toEqual([]);
	const registry = registryWith({ sampleRate: 0.25 });
	for (let i = 0; i < 4000; i++) for (const event of new Recording(`c${i}`).events) registry.fold(event);
	expect(registry.read(0).connections).toBeGreaterThan(900);
	expect(registry.read(0).connections).toBeLessThan(1100);
});

test.each([{ exclude: ['secret'] }, { sampleRate: 0 }])('with %j a connection leaves no errors and no events either', (options) => {
	const registry = registryWith(options);
	const recording = new Recording('c1', { remote: 'wss://secret' }).open().push({ type: 'error', kind: 'plugin', code: 'X', message: 'boom' }).close();
	for (const event of recording.events) registry.fold(event);
	const { recentErrors, recentEvents, global } = statsOf(registry, 0);
	expect({ recentErrors, recentEvents, totalErrors: global.totalErrors }).toEqual({ recentErrors: [], recentEvents: [], totalErrors: 0 });
});

test('beyond limits.live a claimed socket is one connection, and what is counted only is told', () => {
	const registry = registryWith({ limits: { live: 1 } });
	const created = (id: string, role: 'observed' | 'initiator') => new Recording(id, { role }).events;
	const claimed: ProbeEvent = { type: 'claimed', id: 'own', at: 0, socketId: 's2' };
	for (const event of [
		...created('s1', 'observed'),
		...created('s2', 'observed'),
		...created('own', 'initiator'),
		claimed,
		...new Recording('s1').close().events,
	])
		registry.fold(event);
	const { global, resources } = statsOf(registry, 0);
	expect(global).toMatchObject({ totalConnections: 2, activeConnections: 0, closedConnections: 1, failedConnections: 0 });
	expect(resources.instrumentation.dropped.connections).toBe(1);
});

test('a socket that this side cut off leaves no error, because its end is normal', () => {
	const registry = registryWith();
	const recording = new Recording('c1').open().close(1006, '', { state: 'FAILED', wasClean: false, initiatedBy: 'local' });
	for (const event of recording.events) registry.fold(event);
	const { connections, recentErrors } = statsOf(registry, 0);
	expect(connections[0]?.close?.verdict.word).toBe('normal');
	expect(recentErrors).toEqual([]);
});

test('a redact option rewrites first, and cannot bring secrets back', () => {
	const redacting = (redact: (url: string) => string) => {
		const registry = registryWith({ redact });
		for (const event of new Recording('c1', { remote: 'wss://u:secret@host/room/42' }).events) registry.fold(event);
		return statsOf(registry, 0).connections[0]?.url;
	};
	expect(redacting((url) => url.replace(/\d+/, 'N'))).toBe('wss://host/room/N');
	expect(
		redacting(() => {
			throw new Error('mine');
		}),
	).toBe('wss://host/room/42');
});

test("an application's own redact covers error texts, close reasons, notes and the log too", () => {
	const lines: string[] = [];
	const options = { redact: (url: string) => url.replace(/TOPSECRET/g, '…') };
	const registry = registryWith(options);
	watch(registry.timeline, (event) => log(event, { ...options, log: { sink: (line) => lines.push(line) } }));
	const text = 'could not dial wss://h/TOPSECRET/x';
	const recording = new Recording('c1', { remote: 'wss://h/TOPSECRET/x' })
		.push({ type: 'error', kind: 'connection', code: null, message: text })
		.push({ type: 'note', note: { kind: 'plugin', name: 'p', text } })
		.close(1000, text);
	for (const event of recording.events) registry.fold(event);
	expect(JSON.stringify(statsOf(registry, 0)) + lines.join()).not.toContain('TOPSECRET');
	expect(statsOf(registry, 0).recentErrors[0]?.error).toBe('could not dial wss://h/…/x');
});

test('an address that is no URL is redacted too', () => {
	const registry = registryWith();
	for (const event of new Recording('c1', { remote: 'ble:SECRET@device?pin=SECRET' }).events) registry.fold(event);
	expect(statsOf(registry, 0).connections[0]?.url).toBe('ble:device?pin=…');
});

test('a socket that is claimed in the turn it was seen is told once, by its connection', () => {
	const registry = registryWith();
	const told: string[] = [];
	watch(registry.timeline, ({ connectionId, event }) => told.push(`${connectionId} ${event}`));
	for (const event of [
		...new Recording('s1', { role: 'observed' }).through(['CONNECTING', 'ACTIVE']).events,
		...new Recording('c1').events,
		{ type: 'claimed', id: 'c1', at: 0, socketId: 's1' } as ProbeEvent,
		...new Recording('s2', { role: 'observed' }).through(['CONNECTING']).events,
		...new Recording('s3', { role: 'observed' }).through(['ACTIVE']).messages(1, 1).events,
		...new Recording('s4', { role: 'observed' }).close().events,
	])
		registry.fold(event);
	expect(told).toEqual(['c1 created', 's3 created', 's3 connected', 's3 sent', 's4 created', 's4 state', 's4 closed']);
	registry.announce('s2');
	registry.announce('s1');
	expect(told.slice(7)).toEqual(['s2 created', 's2 state']);
	expect(statsOf(registry, 0).stages.connect.count).toBe(0);
});

test('a watcher that throws or forges is taken out and counted; one that sends is not told of it', () => {
	const registry = registryWith();
	let heard = 0;
	watch(registry.timeline, (event) => {
		(event as { detail: string }).detail = 'forged';
	});
	watch(registry.timeline, () => {
		throw new Error('bad watcher');
	});
	watch(registry.timeline, () => {
		heard++;
		registry.fold({ type: 'sent', id: 'c1', at: 5, bytes: 1, wireBytes: 1, bufferedBytes: 0 });
	});
	for (const event of new Recording('c1').open().events) registry.fold(event);
	expect(heard).toBe(4);
	const stats = statsOf(registry, 0);
	expect(stats.global.messagesSent).toBe(4);
	expect(stats.resources.instrumentation).toMatchObject({ degraded: true, dropped: { observers: 2 } });
	expect(JSON.stringify(stats)).not.toContain('forged');
});

test('a watcher or log sink whose promise rejects is taken out and counted once, and nothing is left unhandled', async () => {
	const unhandled = vi.fn();
	process.on('unhandledRejection', unhandled);
	const reject = async () => Promise.reject(new Error('async watcher'));
	const registry = registryWith();
	watch(registry.timeline, reject);
	watch(registry.timeline, (event) => log(event, { log: { sink: reject } }));
	for (const event of new Recording('c1').open().messages(4, 1).events) registry.fold(event);
	await new Promise((resolve) => setImmediate(resolve));
	process.off('unhandledRejection', unhandled);
	expect(unhandled).not.toHaveBeenCalled();
	expect(registry.timeline.watched).toBe(false);
	expect(statsOf(registry, 0).resources.instrumentation.dropped.observers).toBe(2);
});

test('what one watcher causes the others are told of, and watchers that answer each other come to an end', () => {
	const registry = registryWith();
	const send = () => registry.fold({ type: 'sent', id: 'c1', at: 5, bytes: 1, wireBytes: 1, bufferedBytes: 0 });
	const heard: string[][] = [[], []];
	for (const mine of heard)
		watch(registry.timeline, ({ event }) => {
			mine.push(event);
			send();
		});
	registry.fold(new Recording('c1').events[0] as ProbeEvent);
	expect(heard).toEqual([
		['created', 'sent'],
		['sent', 'created'],
	]);
});

test('a watcher that is taken out is not called any more, not even for the event that runs', () => {
	const registry = registryWith();
	let calls = 0;
	let off = () => {};
	watch(registry.timeline, () => off());
	off = watch(registry.timeline, () => calls++);
	registry.fold(new Recording('c1').events[0] as ProbeEvent);
	expect(calls).toBe(0);
});

const id = fc.constantFrom('c1', 'c2', 'c3', '__proto__');
const at = fc.double({ min: -1e6, max: 1e9, noNaN: true });
const count = fc.nat(1e6);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'wss://a:b@c/?d=e#f'));
const state = fc.constantFrom('CONNECTING', 'CONNECTED', 'AUTHENTICATING', 'PAIRING', 'ACTIVE', 'CLOSING', 'CLOSED', 'FAILED', 'nonsense');
const wild = fc.oneof(count, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -5));
const note = fc.oneof(
	fc.record({ kind: fc.constant('latency'), rttMs: wild }),
	fc.record({
		kind: fc.constant('stage'),
		name: fc.oneof(text, fc.constantFrom('pair', 'sync')),
		startedAt: at,
		durationMs: wild,
		messages: count,
		outcome: text,
	}),
	fc.record({ kind: fc.constant('security'), stage: text, outcome: text, peer: fc.option(text, { nil: undefined }) }),
	fc.record({ kind: fc.constant('path'), path: text, candidatesTried: count, upgradedFrom: fc.option(text) }),
	fc.record({ kind: fc.constant('plugin'), name: text, text }),
	fc.record({ kind: fc.constant('tags'), label: fc.option(text, { nil: undefined }), tags: fc.dictionary(text, text) }),
	fc.record({ kind: fc.constant('listeners'), on: text, count }),
	fc.record({ kind: fc.constant('suspended'), driftMs: wild }),
);
const counters = fc.record({ messagesIn: count, messagesOut: count, bytesIn: count, bytesOut: count, nsPerMessage: fc.option(count) });
const anyEvent = fc.oneof(
	fc.record({
		type: fc.constant('created'),
		id,
		at,
		epoch: fc.oneof(count, fc.constant(Number.NaN)),
		role: fc.constantFrom('initiator', 'observed'),
		transport: text,
		remote: text,
		tags: fc.option(fc.dictionary(text, text), { nil: undefined }),
	}),
	fc.record({ type: fc.constant('claimed'), id, at, socketId: id }),
	fc.record({ type: fc.constant('state'), id, at, from: state, to: state, frames: count }),
	fc.record({ type: fc.constant('plugin'), id, at, action: fc.constantFrom('added', 'removed'), name: text, position: count, counters }),
	fc.record({ type: fc.constantFrom('sent', 'received'), id, at, bytes: count, wireBytes: count, bufferedBytes: count }),
	fc.record({ type: fc.constant('wire'), id, at, bytesOut: count, bytesIn: count }),
	fc.record({ type: fc.constant('note'), id, at, note }),
	fc.record({ type: fc.constant('error'), id, at, kind: fc.constantFrom('auth', 'pairing', 'plugin', 'nonsense'), code: fc.option(text), message: text }),
	fc.record({
		type: fc.constant('closed'),
		id,
		at,
		state,
		code: count,
		reason: text,
		wasClean: fc.boolean(),
		initiatedBy: fc.constantFrom('local', 'remote', 'network'),
		errorCode: fc.option(text),
	}),
	fc.record({ type: text, id, at }),
);

test('whatever comes, in whatever order, the stats stay plain, finite and printable', () => {
	fc.assert(
		fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
			const registry = registryWith();
			for (const event of events) {
				registry.fold(event as unknown as ProbeEvent);
				registry.history.sample(event.at);
			}
			const stats = statsOf(registry, 5000);
			const { totalConnections, activeConnections, closedConnections, failedConnections } = stats.global;
			const counted = activeConnections + closedConnections + failedConnections + stats.resources.instrumentation.dropped.connections;
			// Those that were read as two before one claimed the other stay in the total.
			if (events.some(({ type }) => type === 'claimed')) expect(totalConnections).toBeGreaterThanOrEqual(counted);
			else expect(totalConnections).toBe(counted);
			expect(structuredClone(stats)).toEqual(stats);
			expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
			const { text } = reportOf(stats);
			expect(text).not.toMatch(/NaN|undefined|Infinity/);
			// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
			expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
			for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
		}),
		{ numRuns: 300 },
	);
});

test('stages before the dial stand before it, and belong to the whole', () => {
	const registry = registryWith();
	const before = (name: 'validate' | 'discover', startedAt: number, durationMs: number, messages: number) =>
		({ type: 'note', note: { kind: 'stage', name, startedAt, durationMs, messages, outcome: 'ok' } }) as const;
	const recording = new Recording('c1', {}, 100)
		.through(['CONNECTING'], 0)
		.through(['CONNECTED', 'AUTHENTICATING'], 10)
		.push(before('validate', 40, 1, 0))
		.push(before('discover', 41, 59, 5))
		.through(['AUTHENTICATED', 'ACTIVE'], 10, 4)
		.push({ type: 'note', note: { kind: 'stage', name: 'sync', startedAt: 145, durationMs: 5, messages: 12, outcome: 'ok' } });
	for (const event of recording.events) registry.fold(event);
	const { connections, stages } = statsOf(registry, 200);
	expect(connections[0]?.stages.map(({ name, durationMs, messages }) => [name, durationMs, messages])).toEqual([
		['validate', 1, 0],
		['discover', 59, 5],
		['connect', 10, 0],
		['auth', 10, 4],
		['total', 100, 9],
		['sync', 5, 12],
	]);
	expect(connections[0]?.stages[0]?.startedAt).toBe(new Date(EPOCH + 40).toISOString());
	expect(stages.discover).toMatchObject({ count: 1, p50: 59 });
});
