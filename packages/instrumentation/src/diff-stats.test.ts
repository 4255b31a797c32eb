import { expect, test } from 'vitest';
import { diffStats } from './diff-stats.js';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { statsOf } from './stats.js';

test('the difference names what is new, what ended and what moved', () => {
	const registry = new Registry(settingsFrom({}), 0, EPOCH);
	const steady = new Recording('c1').open();
	const ending = new Recording('c2').open();
	for (const event of [...steady.events, ...ending.events]) registry.fold(event);
	const before = statsOf(registry, 100);
	const later = [
		...steady.messages(3, 10).events.slice(-3),
		...ending.close(1006, '', { state: 'FAILED', wasClean: false, initiatedBy: 'network' }).events.slice(-2),
		...new Recording('c3').open().events,
	];
	for (const event of later) registry.fold(event);
	const diff = diffStats(before, statsOf(registry, 1100));
	expect(diff.elapsedMs).toBe(1000);
	expect(diff.newConnections.map(({ id }) => id)).toEqual(['c3']);
	expect(diff.endedConnections.map(({ id }) => id)).toEqual(['c2']);
	expect(diff.changed).toEqual(
		expect.arrayContaining([
			{ id: 'c1', from: 'ACTIVE', to: 'ACTIVE', messagesSent: 2, messagesReceived: 1, bytesSent: 20, bytesReceived: 10 },
			{ id: 'c2', from: 'ACTIVE', to: 'FAILED', messagesSent: 0, messagesReceived: 0, bytesSent: 0, bytesReceived: 0 },
		]),
	);
	expect(diff.newErrors.map(({ connectionId }) => connectionId)).toEqual(['c2']);
	expect(diff.global).toMatchObject({ totalConnections: 1, activeConnections: 0, failedConnections: 1, totalMessages: 3, totalErrors: 1 });
});

test('what is no stats is named', () => {
	const stats = statsOf(new Registry(settingsFrom({}), 0, EPOCH), 0);
	expect(() => diffStats(undefined as never, stats)).toThrow(new TypeError('before of diffStats() must be the stats of a moment, got undefined'));
	expect(() => diffStats(stats, {} as never)).toThrow(new TypeError('after of diffStats() must be the stats of a moment, got object'));
});
