import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { reportOf } from './report.js';
import { statsOf } from './stats.js';
import { compact } from './units.js';

const counters = { messagesIn: 2, messagesOut: 3, bytesIn: 20, bytesOut: 30, nsPerMessage: 50 };

function statsWith(connections: number) {
	const registry = new Registry(settingsFrom({ label: 'RENDERER 1' }), 0, EPOCH);
	for (let i = 0; i < connections; i++) {
		const recording = new Recording(`c${i}`, { remote: `wss://host-${i % 3}.example/路徑`, tags: { room: `r${i % 2}` } })
			.push({ type: 'plugin', action: 'added', name: 'statistics', position: 0, counters })
			.open()
			.messages(i % 50, 100);
		if (i % 4 === 1) recording.close(1006, '', { state: 'FAILED', wasClean: false, initiatedBy: 'network' });
		for (const event of recording.events) registry.fold(event);
	}
	return statsOf(registry, 60_000);
}

test('a report of nothing says so', () => {
	const { text } = reportOf(statsWith(0));
	expect(text).toContain('CONNECTION REPORT [RENDERER 1]  2026-01-01T00:01:00.000Z  up 1 min 0 s');
	expect(text).toContain('CONNECTIONS  none yet');
	expect(text).toContain('ERRORS  none');
});

test('nothing is made up from the first moments: no rate is drawn out, no trend told, no success of no attempt', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const event of new Recording('c1').through(['CONNECTING']).events) registry.fold(event);
	const { text } = reportOf(statsOf(registry, 32));
	expect(text).toContain('Last 1 s     0.00 messages/s, 0.000 Mbps, 1.00 connections/min');
	expect(text).toMatch(/, 0 failed$/m);
	expect(text).not.toContain('STABLE');
	expect(text).toContain('This report  - ns a message');
	for (let at = 5000; at <= 15_000; at += 5000) registry.history.sample(at);
	expect(reportOf(statsOf(registry, 15_000)).text).toContain('Trends       latency -, connections STABLE');
});

test('what was accepted is told from what was dialled, with its peer and the label beside or beneath it', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const sockets = [
		new Recording('c1', { label: 'feed of prices' }),
		new Recording('c5', { label: 'a feed of so many prices' }),
		new Recording('c2', { role: 'acceptor', remote: '127.0.0.1:4000' }),
		new Recording('c3', { role: 'observed', remote: 'ws://shop.example/cart?t=1', from: '10.0.0.7:53211\u202e' }),
		new Recording('c4', { role: 'observed' }),
	];
	for (const { events } of sockets) for (const event of events) registry.fold(event);
	const lines = reportOf(statsOf(registry, 0)).text.split('\n');
	const place = lines.findIndex((line) => line.startsWith('c1'));
	expect(lines.slice(place, place + 7).map((line) => line.slice(41, 74).trimEnd())).toEqual([
		'→ wss://host  feed of prices',
		'→ wss://host',
		'  a feed of so many prices',
		'← 127.0.0.1:4000',
		'← ws://shop.example/cart?t=…',
		'  from 10.0.0.7:53211\\u{202e}',
		'→ wss://host',
	]);
});

test('ids of a worker are shown whole, and what was accepted is one group', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const id of ['wab12cd:c1', 'wab12cd:c2'])
		for (const event of new Recording(id, { role: 'acceptor', remote: `127.0.0.1:${id}` }).events) registry.fold(event);
	expect(reportOf(statsOf(registry, 0)).text).toMatch(/^wab12cd:c1 {2}CONNECTING .*\nwab12cd:c2 {2}CONNECTING /m);
	expect(reportOf(statsOf(registry, 0), { rows: 1 }).text).toMatch(/^← accepted +2 /m);
});

test('errors stand in columns, however long the ids', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const id of ['c1', 'worker1:c12345'])
		for (const event of new Recording(id).push({ type: 'error', kind: 'plugin', code: null, message: 'broken' }).events) registry.fold(event);
	const places = reportOf(statsOf(registry, 0))
		.text.split('\n')
		.slice(-2)
		.map((line) => line.indexOf('broken'));
	expect(places[0]).toBe(places[1]);
});

test('a report of five lists each, its stages against budgets, plugins, tags and errors', () => {
	const { text } = reportOf(statsWith(5));
	expect(text).toMatchSnapshot();
});

test('a report of 10,000 sums up, shows those with errors first and stays short', () => {
	const { text } = reportOf(statsWith(10_000));
	const lines = text.split('\n');
	expect(lines.length).toBeLessThan(70);
	expect(text).toContain('7,500 active of 10,000');
	expect(text).toContain('BY URL');
	expect(text).toContain('room: r0');
	expect(lines.filter((line) => /^c\d/.test(line))).toHaveLength(20);
	expect(lines.filter((line) => /^c\d+ +1006 connection-lost/.test(line))).toHaveLength(20);
	expect(lines).toContainEqual(expect.stringMatching(/^… and 7,680 more: /));
});

test('what was lost after it had opened is no failed attempt, and the two figures do not gainsay each other', () => {
	const lines = reportOf(statsWith(2)).text.split('\n');
	expect(lines).toContain('Connections  1 active of 2, 0 closed, 1 failed; 100 % of attempts opened');
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const event of new Recording('c1').open().close().events) registry.fold(event);
	expect(reportOf(statsOf(registry, 100)).text).toMatch(/, 0 failed; 100 % of attempts opened$/m);
});

test('what plugins said themselves stands in the header and beneath the connection, where it is substantial', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const slot = (name: string, position: number, bytesIn: number, bytesOut: number) =>
		({ type: 'plugin', action: 'added', name, position, counters: { ...counters, bytesIn, bytesOut } }) as const;
	const synced = new Recording('c1', { label: 'notes' })
		.push(slot('websocket', 0, 50_001_300, 100_400))
		.push(slot('encryption', 1, 50_001_300, 100_300))
		.push(slot('sync', 2, 50_000_300, 300))
		.open()
		.messages(2, 300)
		.push({ type: 'wire', bytesOut: 100_000, bytesIn: 50_001_000 });
	const chat = new Recording('c2')
		.push(slot('websocket', 0, 100, 100))
		.open()
		.messages(2, 100)
		.push({ type: 'wire', bytesOut: 9000, bytesIn: 9000 });
	for (const { events } of [synced, chat]) for (const event of events) registry.fold(event);
	const stats = statsOf(registry, 1000);
	expect(stats.global).toMatchObject({ wireBytesSent: 109_412, wireBytesReceived: 50_010_412 });
	const lines = reportOf(stats).text.split('\n');
	expect(lines).toContain("On the wire  50.1 MB: 109.4 kB sent, 50.0 MB received, plugins' own traffic included");
	const place = lines.findIndex((line) => line.startsWith('c1'));
	expect(lines.slice(place, place + 3)).toEqual([
		'c1      CONNECTED             data       → wss://host  notes                     1       1     600 B',
		'                                           + 50.1 MB by sync',
		'c2      CONNECTED             unknown    → wss://host                            1       1     200 B',
	]);
});

test('a connection that a plugin joined late is said to carry no more than its wire did', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const busy = { ...counters, bytesIn: 500_000, bytesOut: 500_000 };
	const recording = new Recording('c1')
		.push({ type: 'plugin', action: 'added', name: 'websocket', position: 0, counters: busy })
		.push({ type: 'plugin', action: 'added', name: 'typed-messages', position: 1, counters: busy })
		.open()
		.messages(10, 100_000)
		.push({ type: 'plugin', action: 'added', name: 'statistics', position: 2, counters: { ...counters, bytesIn: 0, bytesOut: 0 } });
	for (const event of recording.events) registry.fold(event);
	expect(reportOf(statsOf(registry, 1000)).text).not.toMatch(/On the wire|\+ .* by/);
});

test.each([0, 5, 10_000])('a report of %d connections fits 100 columns', (count) => {
	for (const line of reportOf(statsWith(count)).text.split('\n')) {
		const wide = line.match(/[\u2e80-\uffdc]/g)?.length ?? 0;
		expect(line.length + wide).toBeLessThanOrEqual(100);
	}
});

test('fits 100 columns with pictures of double width below U+1F000', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const label of ['✅'.repeat(60), '⏰⚡⌚'.repeat(20)]) {
		for (const event of new Recording(label.slice(0, 2), { label, tags: { [label]: label } }).open().events) registry.fold(event);
	}
	for (const line of reportOf(statsOf(registry, 60_000)).text.split('\n')) {
		expect(line.length + (line.match(/\p{Emoji_Presentation}/gu)?.length ?? 0)).toBeLessThanOrEqual(100);
	}
});

test.each([
	[0, '0'],
	[99_999, '99,999'],
	[123_456, '123k'],
	[999_999, '1.0M'],
	[1_234_567, '1.2M'],
	[98_765_432_100, '99G'],
])('a count of %d is not cut in its column: %s', (value, shown) => {
	expect(compact(value)).toBe(shown);
});

test('the report is its text wherever text is wanted', () => {
	const report = reportOf(statsWith(2));
	const { text } = report;
	expect(String(report)).toBe(text);
	expect(`${report}`).toBe(text);
	// biome-ignore lint/style/useTemplate: concatenation is what is tested.
	expect('' + report).toBe(text);
	expect(inspect(report)).toBe(text);
	expect(Object.keys(report)).toEqual(['text', 'recentErrors', 'stats']);
	const print = vi.spyOn(console, 'log').mockImplementation(() => {});
	report.print();
	expect(print).toHaveBeenCalledWith(text);
	print.mockRestore();
});

test('as JSON the report is its stats', () => {
	const report = reportOf(statsWith(2));
	expect(JSON.parse(JSON.stringify(report))).toEqual(report.stats);
	expect(report.recentErrors).toBe(report.stats.recentErrors);
});

test('as many rows as asked for', () => {
	expect(reportOf(statsWith(50), { rows: 3 }).text).toMatch(/… and 47 more/);
	expect(() => reportOf(statsWith(0), { rows: 0 })).toThrow(new RangeError('rows must be a number from 1 to 9007199254740991, got 0'));
});
