import type { ProbeEvent } from '@linkscope/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { reportOf } from './report.js';
import { statsOf } from './stats.js';
import type { GlobalStats } from './types.js';

function fold(registry: Registry, events: readonly ProbeEvent[]): void {
	for (const event of events) registry.fold(event);
}

test('what was counted of a socket that waited at a relay stays counted when it becomes a connection', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const socket = new Recording('s1', { role: 'observed' }).through(['CONNECTING', 'ACTIVE']).messages(6, 20);
	fold(registry, socket.events);
	expect(statsOf(registry, 100).global.totalMessages).toBe(6);
	for (let at = 5000; at <= 60_000; at += 5000) registry.history.sample(at);
	const connection = new Recording('c1', { transport: 'relay' }, 70_000);
	fold(registry, [...connection.events, { type: 'claimed', id: 'c1', at: 70_000, socketId: 's1' }]);
	fold(registry, connection.push({ type: 'wire', bytesOut: 78, bytesIn: 78 }).open().messages(1, 7).events.slice(1));
	const stats = statsOf(registry, 71_000);
	expect(stats.connections).toMatchObject([{ id: 'c1', messageCount: 1, bytesSent: 7, wireBytesSent: 91 }]);
	expect(stats.global).toMatchObject({ totalConnections: 1, totalMessages: 7, totalBytes: 127 });
	expect(stats.global.messagesPerSecond).toBeCloseTo(1 / 56, 3);
	expect(reportOf(stats).text).not.toMatch(/-\d.* messages\/s/);
});

test('a socket told of as a connection of its own stays in the total until another takes its place there', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	fold(registry, [...new Recording('c1').events, ...new Recording('s1', { role: 'observed' }).events]);
	expect(statsOf(registry, 0).global.totalConnections).toBe(2);
	fold(registry, [{ type: 'claimed', id: 'c1', at: 0, socketId: 's1' }]);
	expect(statsOf(registry, 0).global).toMatchObject({ totalConnections: 2, activeConnections: 1 });
	fold(registry, new Recording('c2').events);
	expect(statsOf(registry, 0).global).toMatchObject({ totalConnections: 2, activeConnections: 2 });
});

const TRAFFIC = ['messagesSent', 'messagesReceived', 'bytesSent', 'bytesReceived'] as const;
const COUNTERS = [...TRAFFIC, 'totalConnections', 'closedConnections', 'failedConnections', 'totalMessages', 'totalBytes', 'totalErrors'] as const;

const socket = fc.constantFrom('s1', 's2', 's3');
const owner = fc.constantFrom('c1', 'c2', 'c3');
const id = fc.oneof(socket, owner);
const size = fc.nat(1000);
const transport = fc.constantFrom('websocket', 'relay', 'custom');
const step = fc.oneof(
	fc.record({
		type: fc.constant('created' as const),
		id: owner,
		role: fc.constant('initiator'),
		transport,
		remote: fc.constantFrom('wss://h', 'wss://excluded'),
	}),
	fc.record({
		type: fc.constant('created' as const),
		id: socket,
		role: fc.constant('observed'),
		transport: fc.constant('websocket'),
		remote: fc.constant('wss://h'),
	}),
	fc.record({ type: fc.constant('state' as const), id, from: fc.constant('CONNECTING'), to: fc.constantFrom('ACTIVE', 'FAILED'), frames: fc.constant(0) }),
	fc.record({ type: fc.constantFrom('sent' as const, 'received' as const), id, bytes: size, wireBytes: size, bufferedBytes: fc.constant(0) }),
	fc.record({ type: fc.constant('wire' as const), id, bytesOut: size, bytesIn: size }),
	fc.record({ type: fc.constant('claimed' as const), id: owner, socketId: socket }),
	fc.record({ type: fc.constant('error' as const), id, kind: fc.constant('plugin'), code: fc.constant(null), message: fc.constant('broken') }),
	id.map((one) => new Recording(one).close().events.at(-1) as ProbeEvent),
	fc.constantFrom({ type: 'sample' as const }, { type: 'turn' as const }),
);

test('whatever comes, claims too, no total falls, no rate is negative, and the sums agree', () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 20, maxLength: 80 }), (steps) => {
			const registry = new Registry(settingsFrom({ exclude: ['wss://excluded'] }), 0, EPOCH);
			let before: GlobalStats | undefined;
			for (const [index, [one, isRead]] of steps.entries()) {
				const at = index * 2000;
				if (one.type === 'turn') registry.announceAll();
				else if (one.type === 'sample') registry.history.sample(at);
				else registry.fold({ epoch: EPOCH, ...one, at } as ProbeEvent);
				if (!isRead) continue;
				const { global, transports, history } = statsOf(registry, at);
				for (const name of COUNTERS) expect(global[name], name).toBeGreaterThanOrEqual(before?.[name] ?? 0);
				before = global;
				for (const name of TRAFFIC) expect(global[name], name).toBe(Object.values(transports).reduce((sum, kind) => sum + kind[name], 0));
				expect(global.totalMessages).toBe(global.messagesSent + global.messagesReceived);
				expect(global.totalBytes).toBe(global.bytesSent + global.bytesReceived);
				expect(global.totalConnections).toBeGreaterThanOrEqual(global.activeConnections + global.closedConnections + global.failedConnections);
				for (const { messagesPerSecond, bytesPerSecond } of [global, ...history.samples])
					expect(Math.min(messagesPerSecond, bytesPerSecond)).toBeGreaterThanOrEqual(0);
				expect(global.connectionsPerMinute).toBeGreaterThanOrEqual(0);
			}
		}),
		{ numRuns: 500 },
	);
});
