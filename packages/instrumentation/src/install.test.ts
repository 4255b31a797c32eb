import { Connection, hub, type ProbeEvent } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import {
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	type InstrumentationOptions,
	installInstrumentation,
	onConnectionEvent,
	resetInstrumentation,
	watchInvite,
} from './index.js';

const realm = globalThis as typeof globalThis & {
	getConnectionInstrumentationStats?: typeof getConnectionInstrumentationStats;
	getConnectionInstrumentationReport?: typeof getConnectionInstrumentationReport;
};
const undos: (() => void)[] = [];
afterEach(() => {
	for (const undo of undos.splice(0)) undo();
});

function install(options?: InstrumentationOptions): () => void {
	const undo = installInstrumentation(options);
	undos.push(undo);
	return undo;
}

async function openPair(options: ConstructorParameters<typeof Connection>[1] = {}): Promise<[Connection, Connection]> {
	const [a, b] = createMemoryPair({ name: 'test' });
	const left = new Connection(a, options);
	const right = new Connection(b, { initiator: false });
	right.onMessage.on((message) => right.state === 'ACTIVE' && right.send(message));
	await Promise.all([left.open(), right.open()]);
	return [left, right];
}

test('a real connection is told truly from first to last', async () => {
	install();
	const [left] = await openPair({ label: 'left', tags: { room: 'lobby' } });
	left.send('grüße');
	left.send(new Uint8Array(100));
	await settle();
	await left.close('New connection replaced old one');
	const { connections, global, transports, plugins } = getConnectionInstrumentationStats();
	expect(connections.find(({ id }) => id === left.id)).toMatchObject({
		connectionId: left.id,
		internalId: left.id,
		label: 'left',
		tags: { room: 'lobby' },
		transport: 'memory',
		role: 'initiator',
		url: 'memory:test/a',
		state: 'CLOSED',
		messagesSent: 2,
		messagesReceived: 2,
		bytesSent: 107,
		bytesReceived: 107,
		wireBytesSent: 107,
		wireBytesReceived: 107,
		plugins: [{ name: 'memory', messagesIn: 2, messagesOut: 2 }],
		stages: [
			{ name: 'connect', outcome: 'ok' },
			{ name: 'total', outcome: 'ok' },
		],
		close: { code: 1000, initiatedBy: 'local', verdict: { word: 'replaced' } },
	});
	expect(connections.map(({ role }) => role)).toEqual(['initiator', 'acceptor']);
	expect(global).toMatchObject({ totalConnections: 2, activeConnections: 0, totalMessages: 8, totalBytes: 428 });
	expect(transports.memory).toMatchObject({ connections: 2, successRate: 1 });
	expect(plugins.memory?.connections).toBe(2);
	expect(String(getConnectionInstrumentationReport())).toContain('→ memory:test/a  left');
});

test('a connection older than the instrumentation is seen from then on', async () => {
	const [left] = await openPair();
	install();
	left.send('now');
	await settle();
	const [seen] = getConnectionInstrumentationStats().connections.filter(({ id }) => id === left.id);
	expect(seen).toMatchObject({ state: 'CONNECTED', messagesSent: 1, messagesReceived: 1, setupMs: null });
	await left.close();
});

test('the globals come with the first install and go with the last uninstall, in any order', () => {
	const first = installInstrumentation();
	const second = installInstrumentation();
	expect(realm.getConnectionInstrumentationStats?.().totalConnections).toBe(0);
	expect(String(realm.getConnectionInstrumentationReport?.())).toContain('CONNECTION REPORT');
	first();
	first();
	expect(realm.getConnectionInstrumentationStats).toBeTypeOf('function');
	expect(hub.active).toBe(true);
	second();
	expect('getConnectionInstrumentationStats' in realm).toBe(false);
	expect('getConnectionInstrumentationReport' in realm).toBe(false);
	expect(hub.active).toBe(false);
});

test('a global of someone else is given back, and one that came later is left', () => {
	const theirs = () => 'theirs';
	const define = () => Object.defineProperty(realm, 'getConnectionInstrumentationStats', { value: theirs, configurable: true, writable: true });
	define();
	const undo = installInstrumentation();
	expect(realm.getConnectionInstrumentationStats).not.toBe(theirs);
	undo();
	expect(realm.getConnectionInstrumentationStats).toBe(theirs);
	Reflect.deleteProperty(realm, 'getConnectionInstrumentationStats');
	const again = installInstrumentation();
	define();
	again();
	expect(realm.getConnectionInstrumentationStats).toBe(theirs);
	Reflect.deleteProperty(realm, 'getConnectionInstrumentationStats');
});

test('two copies of the package share one registry', async () => {
	install();
	vi.resetModules();
	const copy = await import('./index.js');
	expect(copy.installInstrumentation).not.toBe(installInstrumentation);
	undos.push(copy.installInstrumentation({ label: 'second' }));
	const [left] = await openPair();
	left.send('once');
	await settle();
	for (const stats of [getConnectionInstrumentationStats(), copy.getConnectionInstrumentationStats()]) {
		expect(stats).toMatchObject({ label: 'second', totalConnections: 2 });
		expect(stats.global.messagesSent).toBe(2);
	}
	await left.close();
});

test('later options go over earlier ones, and bad ones change nothing', () => {
	install({ label: 'one', limits: { closed: 5 } });
	install({ payloads: 'none' });
	expect(getConnectionInstrumentationStats().label).toBe('one');
	expect(() => installInstrumentation({ label: 'bad', sampleRate: Number.NaN })).toThrow(/sampleRate must be a number from 0 to 1, got NaN/);
	expect(() => installInstrumentation({ limits: { live: -1 } })).toThrow(/limits.live/);
	expect(() => installInstrumentation({ payloads: 'all' as 'full' })).toThrow(RangeError);
	expect(getConnectionInstrumentationStats().label).toBe('one');
});

const wrongTypes: readonly (readonly [object, ErrorConstructor, string])[] = [
	[{ include: 'x' }, TypeError, 'include must be an array of strings and regular expressions, got "x"'],
	[{ include: /x/ }, TypeError, 'include must be an array of strings and regular expressions, got object'],
	[{ exclude: [1] }, TypeError, 'exclude must be an array of strings and regular expressions, got an array'],
	[{ redact: '***' }, TypeError, 'redact must be a function, got "***"'],
	[{ label: 7 }, TypeError, 'label must be a string, got number'],
	[{ log: 'info' }, TypeError, 'log must be true, false or an object, got "info"'],
	[{ log: { sink: 'console' } }, TypeError, 'log.sink must be a function, got "console"'],
	[{ log: { level: 'warn' } }, RangeError, 'log.level must be one of error, info, debug; got warn'],
	[{ limits: 5 }, TypeError, 'limits must be an object, got number'],
	[{ limits: { conections: 5 } }, RangeError, 'a name in limits must be one of closed, live, errors, events, samples; got conections'],
	[{ clock: {} }, TypeError, 'clock must be a clock with now(), epoch() and after(), got object'],
	[{ payloads: 'all' }, RangeError, 'payloads must be one of none, size, shape, full; got all'],
];
test.each(wrongTypes)('%j is refused at the call, by name, and nothing is installed', (options, ErrorClass, message) => {
	expect(() => install(options)).toThrow(new ErrorClass(message));
	expect(hub.active).toBe(false);
});

test('what is left undefined is as if it had not been given', () => {
	const none = { label: undefined, include: undefined, exclude: undefined, redact: undefined, log: undefined, limits: undefined } as InstrumentationOptions;
	expect(() => install(none)).not.toThrow();
});

test('only a function can be called with events', () => {
	expect(() => onConnectionEvent(undefined as never)).toThrow(new TypeError('what onConnectionEvent() calls must be a function, got undefined'));
});

test('payloads are lent only while a mode asks, and shown as it allows', async () => {
	const details: string[] = [];
	const off = onConnectionEvent(({ category, event, detail }) => category === 'message' && event === 'sent' && details.push(detail));
	const undo = installInstrumentation({ payloads: 'shape' });
	const [left] = await openPair();
	left.send('{"secret":"x"}');
	install({ payloads: 'size' });
	left.send('{"secret":"x"}');
	await settle();
	expect(details.slice(0, 2)).toEqual(['{secret: string}', '14 bytes']);
	expect(JSON.stringify(getConnectionInstrumentationStats())).not.toContain('secret');
	undo();
	for (const last of undos.splice(0)) last();
	expect(hub.tap).toBeNull();
	off();
	await left.close();
});

test('an undo takes back what its install asked for, and leaves what the others did', async () => {
	const lines: string[] = [];
	const undo = installInstrumentation({ payloads: 'full', label: 'debugging', log: { sink: (line) => void lines.push(line) } });
	install({ limits: { closed: 5 } });
	undo();
	const [left] = await openPair();
	left.send('PASSWORD');
	await settle();
	expect(lines).toEqual([]);
	expect(hub.tap).toBeNull();
	expect(getConnectionInstrumentationStats()).toMatchObject({ label: null, totalConnections: 2 });
	await left.close();
});

test('an install that fails half-way leaves nothing behind, and the next one works', () => {
	const clock = new FakeClock();
	const after = vi.spyOn(clock, 'after').mockImplementation(() => {
		throw new Error('no timers here');
	});
	expect(() => installInstrumentation({ clock })).toThrow('no timers here');
	expect(hub.active).toBe(false);
	expect('getConnectionInstrumentationStats' in realm).toBe(false);
	after.mockRestore();
	install({ clock });
	expect('getConnectionInstrumentationStats' in realm).toBe(true);
});

test('print() without a console does nothing', () => {
	install();
	const report = getConnectionInstrumentationReport();
	vi.stubGlobal('console', undefined);
	expect(() => report.print()).not.toThrow();
	vi.unstubAllGlobals();
});

test('a label is one line in log and report', async () => {
	const lines: string[] = [];
	install({ label: 'a\u001b[31m\r\nFORGED\u202e', log: { sink: (line) => void lines.push(line) } });
	await openPair();
	expect(lines[0]).toMatch(/^\[a\\u\{1b\}\[31m\\u\{d\}\\u\{a\}FORGED/);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
	expect(String(getConnectionInstrumentationReport())).not.toMatch(/[\u001b\r\u202e]/);
});

test('stats tell the time of the wall clock, also after it was set', () => {
	const clock = new FakeClock();
	install({ clock });
	clock.jumpEpoch(3_600_000);
	expect(getConnectionInstrumentationStats().generatedAt).toBe('2026-01-01T01:00:00.000Z');
});

test('reset counts from zero and keeps what is open', async () => {
	install();
	const [left, right] = await openPair();
	left.send('before');
	await settle();
	resetInstrumentation();
	left.send('after');
	await settle();
	const { connections, global, plugins, recentEvents } = getConnectionInstrumentationStats();
	expect(connections.map(({ id }) => id)).toEqual([left.id, right.id]);
	expect(connections[0]?.plugins[0]).toMatchObject({ messagesOut: 1, bytesOut: 5 });
	expect(plugins.memory).toMatchObject({ messagesOut: 2, bytesOut: 10 });
	expect(global).toMatchObject({ totalConnections: 2, activeConnections: 2, messagesSent: 2, bytesSent: 10 });
	expect(recentEvents).toEqual([]);
	await left.close();
});

test('a sink that throws never reaches the application', async () => {
	install({
		log: {
			sink: () => {
				throw new Error('full disk');
			},
		},
	});
	const [left] = await openPair();
	expect(left.send('fine')).toBe(true);
	expect(getConnectionInstrumentationStats().resources.instrumentation).toMatchObject({ degraded: true, dropped: { observers: 1 } });
	expect(hub.faults).toBe(0);
	await left.close();
});

test('what cannot be a text, or breaks whoever looks at it, costs at most its own event', async () => {
	install({ creationStacks: true });
	const [left] = await openPair();
	left.setTags({ bad: Object.create(null) as string });
	const stubborn = {
		toString() {
			throw new Error('theirs');
		},
	};
	hub.emit({ type: 'closed', id: left.id, at: 0, state: 'CLOSED', reason: stubborn } as never);
	hub.emit({ type: 'note', id: left.id, at: 0, note: null } as never);
	const before = Error.prepareStackTrace;
	Error.prepareStackTrace = () => {
		throw new Error('theirs');
	};
	const [broken] = await openPair().finally(() => {
		Error.prepareStackTrace = before;
	});
	const { totalConnections, resources } = getConnectionInstrumentationStats();
	expect(totalConnections).toBe(4);
	expect(hub.faults).toBe(0);
	expect(resources.instrumentation).toMatchObject({ degraded: true, dropped: { faults: 2 } });
	await Promise.all([left.close(), broken.close()]);
});

test('a reset inside redact loses no connection, and the first message before it stays the first', async () => {
	const clock = new FakeClock();
	install({
		clock,
		redact: (url) => {
			resetInstrumentation();
			return url;
		},
	});
	const [left] = await openPair({ clock });
	left.send('x');
	clock.advance(60_000);
	resetInstrumentation();
	left.send('x');
	expect(getConnectionInstrumentationStats().connections).toMatchObject([{ id: left.id, timeToFirstMessageMs: 0 }, {}]);
	await left.close();
});

test('history is sampled on the clock, and after uninstall no timer is left', () => {
	const clock = new FakeClock();
	const undo = installInstrumentation({ clock });
	clock.advance(12_000);
	const { history, resources, generatedAt } = getConnectionInstrumentationStats();
	expect(history.samples.map(({ at }) => at)).toEqual(['2026-01-01T00:00:05.000Z', '2026-01-01T00:00:10.000Z']);
	expect(resources.eventLoopLagMs).toBe(0);
	expect(resources.memoryBytes).toBeGreaterThan(0);
	expect(generatedAt).toBe('2026-01-01T00:00:12.000Z');
	undo();
	expect(clock.pending).toBe(0);
});

test('the place where a connection was created is kept where that is asked for', async () => {
	const clock = new FakeClock();
	install({ creationStacks: true, leakAfterMs: -0, clock });
	const [left] = await openPair({ clock });
	clock.advance(1);
	const [leak] = getConnectionInstrumentationStats().leaks.filter(({ connectionId }) => connectionId === left.id);
	expect(leak).toMatchObject({ kind: 'never-closed', stack: expect.stringContaining('openPair') });
	await left.close();
});

test('watchInvite resolves with the connection that became active and its stages', async () => {
	install();
	const watching = watchInvite();
	const [left] = await openPair();
	const { connection, stages } = await watching;
	expect(connection.state).toBe('CONNECTED');
	expect(stages.map(({ name }) => name)).toEqual(['connect', 'total']);
	await left.close();
});

test('watchInvite rejects with the stage that failed, when no other way has followed', async () => {
	install();
	const clock = new FakeClock();
	const watching = watchInvite({ clock }).catch((error: unknown) => error);
	const [a] = createMemoryPair();
	const refused = new Connection(a, {
		plugins: [{ name: 'pairing', phase: ['PAIRING', 'PAIRED'], handshake: () => Promise.reject(new Error('no')) }],
	});
	await Promise.allSettled([refused.open(), settle().then(() => refused.terminate())]);
	clock.advance(500);
	expect(await watching).toMatchObject({ code: 'INVITE_FAILED', stage: { name: 'connect', outcome: 'aborted' }, connection: { id: refused.id } });
	expect(clock.pending).toBe(0);
});

test('watchInvite waits for the next way where one has failed', async () => {
	install();
	const clock = new FakeClock();
	const watching = watchInvite({ clock });
	const [a] = createMemoryPair();
	const first = new Connection(a);
	await Promise.allSettled([first.open(), settle().then(() => first.terminate())]);
	clock.advance(499);
	const [second] = await openPair();
	expect((await watching).connection.id).toBe(second.id);
	await second.close();
});

test('watchInvite takes a socket on which the peer was looked for not for the connection to it', async () => {
	install();
	const clock = new FakeClock();
	const watching = watchInvite({ clock }).catch((error: unknown) => error);
	const lookup = (event: object) => hub.emit({ id: 'lookup', at: 0, ...event } as ProbeEvent);
	lookup({ type: 'created', epoch: 0, role: 'observed', transport: 'websocket', remote: 'wss://relay.example' });
	lookup({ type: 'state', from: 'CONNECTING', to: 'ACTIVE', frames: 0 });
	clock.advance(499);
	const [a] = createMemoryPair();
	const failed = new Connection(a);
	await Promise.allSettled([failed.open(), settle().then(() => failed.terminate())]);
	clock.advance(500);
	expect(await watching).toMatchObject({ code: 'INVITE_FAILED', connection: { id: failed.id } });
});

test('watchInvite looks at who dials, not at who is dialled', async () => {
	install();
	const [a, b] = createMemoryPair();
	const watching = watchInvite();
	const [acceptor, initiator] = [new Connection(b, { initiator: false }), new Connection(a)];
	await Promise.all([acceptor.open(), initiator.open()]);
	expect((await watching).connection.id).toBe(initiator.id);
	await initiator.close();
});

test('watchInvite resolves with a socket of foreign code where nothing else follows', async () => {
	install();
	const clock = new FakeClock();
	const watching = watchInvite({ clock });
	const socket = (event: object) => hub.emit({ id: 'foreign', at: 0, ...event } as ProbeEvent);
	socket({ type: 'created', epoch: 0, role: 'observed', transport: 'websocket', remote: 'wss://chat.example' });
	socket({ type: 'state', from: 'CONNECTING', to: 'ACTIVE', frames: 0 });
	await settle();
	clock.advance(500);
	expect(await watching).toMatchObject({ connection: { id: 'foreign' }, durationMs: 0 });
});

test('watchInvite gives up after its time', async () => {
	install();
	const clock = new FakeClock();
	const watching = watchInvite({ clock, timeoutMs: 100 });
	clock.advance(100);
	await expect(watching).rejects.toMatchObject({ code: 'INVITE_TIMEOUT', stage: null, connection: null });
	expect(clock.pending).toBe(0);
	expect(() => watchInvite({ timeoutMs: Number.NaN })).toThrow(/timeoutMs/);
});
