import { isObject, mustBe } from './option-types.js';
import type { ConnectionInstrumentationStats, ConnectionSnapshot, GlobalStats, InstrumentedError } from './types.js';

/** What happened between two stats. */
export interface StatsDiff {
	elapsedMs: number;
	newConnections: ConnectionSnapshot[];
	/** Those that ended meanwhile, as far as they are still listed. */
	endedConnections: ConnectionSnapshot[];
	/** Connections in both, with what they did meanwhile. */
	changed: { id: string; from: string; to: string; messagesSent: number; messagesReceived: number; bytesSent: number; bytesReceived: number }[];
	newErrors: InstrumentedError[];
	/** Differences of the counters; rates and percentiles are left out, because their difference means nothing. */
	global: Pick<GlobalStats, (typeof COUNTERS)[number]>;
}

const COUNTERS = [
	'totalConnections',
	'activeConnections',
	'closedConnections',
	'failedConnections',
	'totalMessages',
	'messagesSent',
	'messagesReceived',
	'totalBytes',
	'bytesSent',
	'bytesReceived',
	'totalErrors',
] as const;

/** @throws TypeError where one of them is not what `getConnectionInstrumentationStats()` returned. */
export function diffStats(before: ConnectionInstrumentationStats, after: ConnectionInstrumentationStats): StatsDiff {
	for (const [name, stats] of Object.entries({ before, after }))
		mustBe(`${name} of diffStats()`, stats, 'the stats of a moment', (value) => isObject(value) && 'connections' in value && 'global' in value);
	const known = new Map(before.connections.map((one) => [one.id, one]));
	const newErrors = Math.max(after.global.totalErrors - before.global.totalErrors, 0);
	return {
		elapsedMs: Date.parse(after.generatedAt) - Date.parse(before.generatedAt),
		newConnections: after.connections.filter((one) => !known.has(one.id)),
		endedConnections: after.connections.filter((one) => one.close !== null && known.get(one.id)?.close === null),
		changed: after.connections.flatMap((one) => {
			const old = known.get(one.id);
			if (!old || (old.currentState === one.currentState && old.messageCount === one.messageCount)) return [];
			return {
				id: one.id,
				from: old.currentState,
				to: one.currentState,
				messagesSent: one.messagesSent - old.messagesSent,
				messagesReceived: one.messagesReceived - old.messagesReceived,
				bytesSent: one.bytesSent - old.bytesSent,
				bytesReceived: one.bytesReceived - old.bytesReceived,
			};
		}),
		newErrors: after.recentErrors.slice(0, newErrors),
		global: Object.fromEntries(COUNTERS.map((name) => [name, after.global[name] - before.global[name]])) as StatsDiff['global'],
	};
}
