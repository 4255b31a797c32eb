import type { ConnectionState, CreatedEvent, LinkInfo, PluginCounters } from '@linkscope/core';
import { finite, type Samples } from './samples.js';
import type { StageRecord } from './stages.js';
import { clean } from './text.js';
import type { TransportTotals } from './transports.js';
import type { CloseSnapshot } from './types.js';

export interface PluginRecord {
	name: string;
	/** Core's own: it goes on counting in it. */
	counters: PluginCounters;
	/** What stood in them at the last reset. */
	before: PluginCounters | null;
	note: string | null;
}

/** What a plugin did since the last reset. */
export function countsOf({ counters, before }: PluginRecord): PluginCounters {
	const counts = { ...counters };
	if (before) for (const name of ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut'] as const) counts[name] -= before[name];
	return counts;
}

/**
 * What is kept of one connection, about 600 bytes without plugins and stages; those come when they are needed.
 * Times are the clock's milliseconds, NaN where it has not come to that: a field that is always a double is
 * written in place, one that may be null would allocate at every message.
 */
export class ConnectionRecord {
	readonly id: string;
	readonly role: CreatedEvent['role'];
	readonly startAt: number;
	readonly startEpoch: number;
	readonly link: LinkInfo | null;
	url = '';
	state: ConnectionState = 'INITIALIZING';
	stateAt: number;
	connectingAt = Number.NaN;
	connectedAt = Number.NaN;
	activeAt = Number.NaN;
	endedAt = Number.NaN;
	firstMessageAt = Number.NaN;
	lastMessageAt = Number.NaN;
	suspendedAt = Number.NaN;
	longestSilenceMs = 0;
	messagesSent = 0;
	messagesReceived = 0;
	bytesSent = 0;
	bytesReceived = 0;
	wireBytesSent = 0;
	wireBytesReceived = 0;
	bufferedBytes = 0;
	maxBufferedBytes = 0;
	errors = 0;
	label: string | null = null;
	tags: Record<string, string> | null = null;
	peer: string | null = null;
	path: { kind: string; candidatesTried: number; upgradedFrom: string | null } | null = null;
	close: CloseSnapshot | null = null;
	latency: Samples | null = null;
	// Replaced, not pushed to: an array that grows keeps room for 16 more.
	plugins: readonly PluginRecord[] | null = null;
	stages: readonly StageRecord[] | null = null;
	/** The most listeners on one event that it warned of. */
	listeners: { on: string; count: number } | null = null;
	stack: string | null = null;
	/** Address of the peer of an observed socket that this side accepted. */
	from: string | null = null;

	constructor(
		event: CreatedEvent,
		/** Counts up from connection to connection. */
		readonly order: number,
		/** The sums it counts in, besides its own. */
		public totals: TransportTotals,
	) {
		this.id = event.id;
		this.role = event.role;
		this.startAt = this.stateAt = event.at;
		this.startEpoch = event.epoch || 0;
		this.link = event.link ? linkOf(event.link) : null;
	}

	get transport(): string {
		return this.totals.kind;
	}

	/** Epoch milliseconds of a time of the clock. */
	epochOf(at: number): number {
		return this.startEpoch + (at - this.startAt);
	}
}

/** Plain and bounded, whatever whoever made the link put there. */
function linkOf({ id, generation, replaces }: LinkInfo): LinkInfo {
	return { id: clean(id, 100), generation: finite(generation), replaces: replaces === null ? null : clean(replaces, 100) };
}
