import type { ProbeEvent } from '@linkscope/core';
import { expect, test } from 'vitest';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { statsOf } from './stats.js';

function statsAfter(recordings: readonly Recording[], now: number, options: Parameters<typeof settingsFrom>[0] = {}) {
	const registry = new Registry(settingsFrom(options), 0, EPOCH);
	const events: ProbeEvent[] = recordings.flatMap((recording) => recording.events);
	for (const event of events.sort((a, b) => a.at - b.at)) registry.fold(event);
	return statsOf(registry, now);
}

const counters = { messagesIn: 2, messagesOut: 3, bytesIn: 20, bytesOut: 30, nsPerMessage: 50 };

function authenticated(): Recording {
	return new Recording('c1', { label: 'main', tags: { room: 'lobby' }, link: { id: 'l1', generation: 2, replaces: 'c0' } })
		.push({ type: 'plugin', action: 'added', name: 'websocket', position: 0, counters })
		.push({ type: 'plugin', action: 'added', name: 'encryption', position: 1, counters })
		.push({ type: 'plugin', action: 'added', name: 'statistics', position: 1, counters })
		.through(['CONNECTING', 'CONNECTED', 'AUTHENTICATING'], 10)
		.through(['AUTHENTICATED'], 1200, 4)
		.through(['ACTIVE'], 10)
		.push({ type: 'note', note: { kind: 'peer', fingerprint: 'ab12' } })
		.push({ type: 'note', note: { kind: 'latency', rttMs: 20 } })
		.push({ type: 'note', note: { kind: 'latency', rttMs: 30 } })
		.push({ type: 'note', note: { kind: 'plugin', name: 'statistics', text: 'fine' } })
		.push({ type: 'note', note: { kind: 'path', path: 'relay', candidatesTried: 3, upgradedFrom: 'udp' } })
		.push({ type: 'note', note: { kind: 'tags', label: 'renamed', tags: { user: 'u1' } } })
		.messages(4, 100, 50)
		.push({ type: 'wire', bytesOut: 7, bytesIn: 9 });
}

test('an open connection is shown with everything that is known of it', () => {
	const { connections, activeConnections } = statsAfter([authenticated()], 2000);
	expect(activeConnections).toEqual(connections);
	expect(connections[0]).toEqual({
		id: 'c1',
		connectionId: 'c1',
		internalId: 'c1',
		label: 'renamed',
		url: 'wss://host',
		from: null,
		transport: 'websocket',
		role: 'initiator',
		purpose: 'unknown',
		state: 'CONNECTED',
		currentState: 'ACTIVE',
		createdAt: '2026-01-01T00:00:00.000Z',
		startTime: EPOCH,
		connectedAt: '2026-01-01T00:00:00.020Z',
		activeAt: '2026-01-01T00:00:01.240Z',
		closedAt: null,
		setupMs: 1230,
		timeToFirstMessageMs: 1290,
		longestSilenceMs: 560,
		idleMs: 560,
		messageCount: 4,
		messagesSent: 2,
		messagesReceived: 2,
		bytesSent: 200,
		bytesReceived: 200,
		wireBytesSent: 219,
		wireBytesReceived: 221,
		bufferedBytes: 0,
		maxBufferedBytes: 0,
		latency: 25,
		latencyPercentiles: { p50: 20, p95: 30, p99: 30, jitter: 10 },
		plugins: [
			{ name: 'websocket', ...counters, note: null },
			{ name: 'statistics', ...counters, note: 'fine' },
			{ name: 'encryption', ...counters, note: null },
		],
		stages: [
			{ name: 'connect', startedAt: '2026-01-01T00:00:00.010Z', durationMs: 10, messages: 0, budgetMs: 2000, overBudget: false, outcome: 'ok' },
			{ name: 'auth', startedAt: '2026-01-01T00:00:00.030Z', durationMs: 1200, messages: 4, budgetMs: 1000, overBudget: true, outcome: 'ok' },
			{ name: 'total', startedAt: '2026-01-01T00:00:00.010Z', durationMs: 1230, messages: 4, budgetMs: 7000, overBudget: false, outcome: 'ok' },
		],
		peer: 'ab12',
		link: { id: 'l1', generation: 2, replaces: 'c0' },
		tags: { room: 'lobby', user: 'u1' },
		path: { kind: 'relay', candidatesTried: 3, upgradedFrom: 'udp' },
		close: null,
		errors: 0,
	});
});

test('an ended connection says when, how and why', () => {
	const recording = new Recording('c1').open().messages(2, 10).close(1000, 'Close called: New connection replaced old one');
	const { connections, activeConnections, global } = statsAfter([recording], 5000);
	expect(activeConnections).toEqual([]);
	expect(connections[0]).toMatchObject({
		state: 'CLOSED',
		closedAt: '2026-01-01T00:00:00.030Z',
		idleMs: null,
		purpose: 'discovery',
		close: { code: 1000, wasClean: true, initiatedBy: 'local', verdict: { word: 'replaced' } },
	});
	expect(global).toMatchObject({ totalConnections: 1, activeConnections: 0, closedConnections: 1, failedConnections: 0, successRate: 1 });
});

test('the figures of all connections are sums, means and shares', () => {
	const failed = new Recording('c3', { remote: 'wss://gone' })
		.through(['CONNECTING'])
		.close(1006, '', { state: 'FAILED', wasClean: false, initiatedBy: 'network', errorCode: 'OPEN_FAILED' });
	const { global, transports, recentErrors } = statsAfter([authenticated(), new Recording('c2').open().messages(6, 800), failed], 60_000);
	expect(global).toMatchObject({
		totalConnections: 3,
		activeConnections: 2,
		closedConnections: 0,
		failedConnections: 1,
		successRate: 0.667,
		totalMessages: 10,
		messagesSent: 5,
		messagesReceived: 5,
		totalBytes: 5200,
		averageMessageSize: 520,
		averageLatency: 25,
		latency: { p50: 20, p95: 30, p99: 30, jitter: 10 },
		messagesPerSecond: 0.167,
		bytesPerSecond: 86.667,
		throughputMbps: 0.001,
		connectionsPerMinute: 3,
		totalErrors: 1,
		uptimeMs: 60_000,
	});
	expect(transports.websocket).toEqual({
		connections: 3,
		active: 2,
		attempts: 3,
		failures: 1,
		successRate: 0.667,
		messagesSent: 5,
		messagesReceived: 5,
		bytesSent: 2600,
		bytesReceived: 2600,
		wireBytesSent: 2637,
		wireBytesReceived: 2639,
		latency: { p50: 20, p95: 30, p99: 30, jitter: 10 },
		upgrades: 1,
	});
	expect(recentErrors[0]).toEqual({
		type: 'connection',
		severity: 'medium',
		error: 'refused: closed with 1006',
		code: 'OPEN_FAILED',
		timestamp: '2026-01-01T00:00:00.010Z',
		connectionId: 'c3',
		context: { url: 'wss://gone', transport: 'websocket', state: 'FAILED' },
	});
});

test('plugins are summed by name, those that left and those of ended connections too', () => {
	const { plugins } = statsAfter(
		[
			authenticated().push({ type: 'plugin', action: 'removed', name: 'statistics', position: 2, counters }),
			new Recording('c2').push({ type: 'plugin', action: 'added', name: 'statistics', position: 1, counters: { ...counters, nsPerMessage: 150 } }).close(),
		],
		2000,
	);
	expect(plugins.statistics).toEqual({ connections: 2, messagesIn: 4, messagesOut: 6, bytesIn: 40, bytesOut: 60, nsPerMessage: 100 });
});

test('a plugin announced twice is there once', () => {
	const { connections, plugins } = statsAfter(
		[
			new Recording('c1')
				.push({ type: 'plugin', action: 'added', name: 'ping', position: 0, counters })
				.push({ type: 'plugin', action: 'added', name: 'ping', position: 0, counters }),
		],
		0,
	);
	expect(connections[0]?.plugins).toHaveLength(1);
	expect(plugins.ping?.connections).toBe(1);
});

test('stages are measured against the budgets of the seed', () => {
	const { stages } = statsAfter([authenticated()], 2000);
	expect(Object.entries(stages).map(([name, { budgetMs }]) => [name, budgetMs])).toEqual([
		['validate', null],
		['discover', null],
		['connect', 2000],
		['auth', 1000],
		['encrypt', 500],
		['pair', 3000],
		['sync', null],
		['total', 7000],
	]);
	expect(stages.auth).toEqual({ count: 1, p50: 1200, p95: 1200, p99: 1200, budgetMs: 1000, overruns: 1 });
	expect(stages.pair).toEqual({ count: 0, p50: null, p95: null, p99: null, budgetMs: 3000, overruns: 0 });
});

test('a stage that failed or was given up says so, and does not count as a time it takes', () => {
	const failed = new Recording('c1').through(['CONNECTING', 'CONNECTED', 'PAIRING']).close(4410, '', { state: 'FAILED', errorCode: 'INVITE_EXPIRED' });
	const given = new Recording('c2').through(['CONNECTING', 'CLOSING']).close();
	const { connections, stages } = statsAfter([failed, given], 100);
	expect(connections.find(({ id }) => id === 'c1')?.stages.map(({ name, outcome }) => [name, outcome])).toEqual([
		['connect', 'ok'],
		['pair', 'failed'],
		['total', 'failed'],
	]);
	expect(connections.find(({ id }) => id === 'c2')?.stages.map(({ name, outcome }) => [name, outcome])).toEqual([
		['connect', 'aborted'],
		['total', 'aborted'],
	]);
	expect(stages.pair.count).toBe(0);
});

test('a socket of foreign code has a connect stage and no total', () => {
	const observed = new Recording('c1', { role: 'observed' }).through(['CONNECTING']).through(['ACTIVE'], 40);
	const [socket] = statsAfter([observed], 100).connections;
	expect(socket).toMatchObject({ role: 'observed', state: 'CONNECTED', setupMs: 40 });
	expect(socket?.stages.map(({ name }) => name)).toEqual(['connect']);
});

test('a socket that a connection claims becomes part of its record, and nothing counts twice', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const socket = new Recording('s1', { role: 'observed' }).through(['CONNECTING', 'ACTIVE']).messages(2, 50);
	const owner = new Recording('c1', { transport: 'custom' }).through(['CONNECTING'], 0);
	const after: ProbeEvent[] = [{ type: 'claimed', id: 'c1', at: 40, socketId: 's1' }];
	const late = new Recording('s1').messages(3, 1000).events.slice(1);
	for (const event of [...socket.events, ...owner.events, ...after, ...late, ...owner.open().messages(1, 7).events.slice(-1)]) registry.fold(event);
	const { connections, global, transports } = statsOf(registry, 100);
	expect(connections.map(({ id, bytesSent, bytesReceived }) => [id, bytesSent, bytesReceived])).toEqual([['c1', 57, 50]]);
	expect(global).toMatchObject({ totalConnections: 1, totalMessages: 3, totalBytes: 107 });
	expect(transports.websocket).toMatchObject({ connections: 0, attempts: 0, messagesSent: 0, bytesReceived: 0 });
	expect(transports.custom).toMatchObject({ connections: 1, bytesSent: 57 });
});

test('what was said to a relay before it led to a peer is no traffic of the connection to the peer', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const socket = new Recording('s1', { role: 'observed' }).through(['CONNECTING', 'ACTIVE']).messages(5, 100);
	const owner = new Recording('c1', { transport: 'relay' }).through(['CONNECTING'], 0);
	const claimed: ProbeEvent = { type: 'claimed', id: 'c1', at: 60, socketId: 's1' };
	for (const event of [...socket.events, ...owner.events, claimed, ...owner.open().messages(1, 7).events.slice(-1)]) registry.fold(event);
	const { connections, global } = statsOf(registry, 100);
	expect(connections).toMatchObject([{ id: 'c1', messageCount: 1, bytesSent: 7, wireBytesSent: 13 }]);
	expect(global).toMatchObject({ totalConnections: 1, totalMessages: 1 });
});

test('a replayed recording gives the same stats again', () => {
	const once = () => statsAfter([authenticated(), new Recording('c2').open().messages(20, 5).close()], 3000);
	expect(once()).toEqual(once());
});

test('changing what was returned changes nothing inside', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const event of [...authenticated().events, ...new Recording('c9').open().close(1006, '', { state: 'FAILED', wasClean: false }).events])
		registry.fold(event);
	const pristine = JSON.stringify(statsOf(registry, 2000));
	const wreck = (value: unknown): void => {
		if (typeof value !== 'object' || value === null) return;
		for (const [key, inner] of Object.entries(value)) {
			wreck(inner);
			(value as Record<string, unknown>)[key] = 'wrecked';
		}
	};
	wreck(statsOf(registry, 2000));
	expect(JSON.stringify(statsOf(registry, 2000))).toBe(pristine);
});

test('a connection that is silent for long, and listeners that pile up, are leaks', () => {
	const silent = new Recording('c1').open().messages(1, 1);
	const crowded = new Recording('c2').open().push({ type: 'note', note: { kind: 'listeners', on: 'message', count: 32 } });
	const { leaks } = statsAfter([silent, crowded, new Recording('c3').open().close()], 5000, { leakAfterMs: 4985 });
	expect(leaks).toEqual([
		{ kind: 'never-closed', connectionId: 'c2', detail: 'open and silent for 5 s', stack: null },
		{ kind: 'listeners', connectionId: 'c2', detail: '32 listeners on message', stack: null },
	]);
});

test('at most so many connections are listed where that is asked, the newest, and the sums count all', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	for (const id of ['c1', 'c2', 'c3']) for (const event of new Recording(id).open().messages(1, 1).events) registry.fold(event);
	const stats = statsOf(registry, 100, undefined, { maxConnections: 1 });
	expect(stats.connections.map(({ id }) => id)).toEqual(['c3']);
	expect(stats.global).toMatchObject({ activeConnections: 3, totalMessages: 3 });
	expect(() => statsOf(registry, 100, undefined, { maxConnections: Number.NaN })).toThrow(RangeError);
});
