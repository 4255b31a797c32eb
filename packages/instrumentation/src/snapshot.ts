import type { ConnectionState } from '@linkscope/core';
import { purposeOf } from './purpose.js';
import { type ConnectionRecord, countsOf } from './record.js';
import { finite, round } from './samples.js';
import { BUDGETS, isOverBudget } from './stages.js';
import { iso } from './time.js';
import type { ConnectionSnapshot } from './types.js';

/** A record as plain data. @param now the clock's milliseconds. */
export function snapshotOf(record: ConnectionRecord, now: number): ConnectionSnapshot {
	const { id, transport, messagesSent, messagesReceived, bytesSent, bytesReceived, wireBytesSent, wireBytesReceived, startAt, activeAt, close } = record;
	const messageCount = messagesSent + messagesReceived;
	const ended = !Number.isNaN(record.endedAt);
	const time = (at: number) => (Number.isNaN(at) ? null : iso(record.epochOf(at)));
	const lifeMs = (ended ? record.endedAt : now) - startAt;
	const percentiles = record.latency?.percentiles() ?? null;
	const plugins = (record.plugins ?? []).map((plugin) => {
		const { messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage } = countsOf(plugin);
		return { name: plugin.name, messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage, note: plugin.note };
	});
	const bytes = bytesSent + bytesReceived;
	const wireBytes = wireBytesSent + wireBytesReceived;
	// The transport's place in the chain; a socket of foreign code has none.
	const frames = plugins[0] ? plugins[0].messagesIn + plugins[0].messagesOut : messageCount;
	return {
		id,
		connectionId: id,
		internalId: id,
		label: record.label,
		url: record.url,
		from: record.from,
		transport,
		role: record.role,
		purpose: purposeOf({ messagesSent, messagesReceived, bytes, wireBytes, frames, lifeMs, ended, transport }),
		state: coarse[record.state] ?? 'CONNECTING',
		currentState: record.state,
		createdAt: iso(record.startEpoch),
		startTime: record.startEpoch,
		connectedAt: time(record.connectedAt),
		activeAt: time(activeAt),
		closedAt: time(record.endedAt),
		setupMs: span(record.connectingAt, activeAt),
		timeToFirstMessageMs: span(startAt, record.firstMessageAt),
		longestSilenceMs: Number.isNaN(record.lastMessageAt)
			? null
			: Math.max(round(record.longestSilenceMs), span(record.lastMessageAt, ended ? record.endedAt : now) ?? 0),
		idleMs: ended ? null : span(record.lastMessageAt, now),
		messageCount,
		messagesSent,
		messagesReceived,
		bytesSent,
		bytesReceived,
		wireBytesSent,
		wireBytesReceived,
		bufferedBytes: finite(record.bufferedBytes),
		maxBufferedBytes: finite(record.maxBufferedBytes),
		latency: record.latency?.mean() ?? null,
		latencyPercentiles: percentiles,
		plugins,
		stages:
			record.stages?.map(({ name, offsetMs, durationMs, messages, outcome }) => ({
				name,
				startedAt: iso(record.startEpoch + offsetMs),
				durationMs: round(durationMs),
				messages,
				budgetMs: BUDGETS[name] ?? null,
				overBudget: isOverBudget(name, durationMs),
				outcome,
			})) ?? [],
		peer: record.peer,
		link: record.link && { ...record.link },
		tags: { ...record.tags },
		path: record.path && { ...record.path },
		close: close && { ...close, verdict: { ...close.verdict } },
		errors: record.errors,
	};
}

const coarse: Partial<Record<ConnectionState, ConnectionSnapshot['state']>> = {
	ACTIVE: 'CONNECTED',
	CLOSING: 'CLOSING',
	CLOSED: 'CLOSED',
	FAILED: 'FAILED',
};

/** Milliseconds from one time to another; null where one of them has not come. */
function span(from: number, to: number): number | null {
	const ms = to - from;
	return Number.isNaN(ms) ? null : Math.max(round(ms), 0);
}
