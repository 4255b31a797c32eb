import { integerOption } from '@linkscope/core';
import { SAMPLE_INTERVAL_MS, trendsOf } from './history.js';
import type { ConnectionRecord } from './record.js';
import type { Registry } from './registry.js';
import { round } from './samples.js';
import { snapshotOf } from './snapshot.js';
import { iso } from './time.js';
import type { TransportTotals } from './transports.js';
import type { ConnectionInstrumentationStats, ConnectionSnapshot, GlobalStats, InstrumentationCost, Leak, ResourceStats, TransportStats } from './types.js';

/** What the registry cannot know: it comes from the platform. */
export interface Surroundings {
	resources: Omit<ResourceStats, 'instrumentation'>;
	nsPerMessage: number;
	/** Epoch milliseconds; a wall clock may have been set since the start. */
	epoch?: number;
}

const nothing: Surroundings = { resources: { memoryBytes: null, cpuPercent: null, eventLoopLagMs: null }, nsPerMessage: 0 };

export interface StatsOptions {
	/** Lists at most so many connections, the newest; sums count all. Default: all that are kept. */
	maxConnections?: number;
}

/**
 * @param now the clock's milliseconds.
 * @throws RangeError where maxConnections is no whole number.
 */
export function statsOf(
	registry: Registry,
	now: number,
	{ resources, nsPerMessage, epoch = registry.epochOf(now) } = nothing,
	options: StatsOptions = {},
): ConnectionInstrumentationStats {
	registry.announceAll();
	const connections: ConnectionSnapshot[] = [];
	const activeConnections: ConnectionSnapshot[] = [];
	const plugins = registry.plugins.copy();
	const active = new Map<TransportTotals, number>();
	const records = registry.records();
	const unlisted = records.length - integerOption('maxConnections', options.maxConnections, records.length);
	for (const [index, record] of records.entries()) {
		const snapshot = index < unlisted ? null : snapshotOf(record, now);
		if (snapshot) connections.push(snapshot);
		if (record.close !== null) continue;
		if (snapshot) activeConnections.push(snapshot);
		active.set(record.totals, (active.get(record.totals) ?? 0) + 1);
		for (const plugin of record.plugins ?? []) plugins.add(plugin);
	}
	const samples = registry.history.samples();
	const global = globalStats(registry, now);
	return {
		generatedAt: iso(epoch),
		label: registry.settings.label,
		totalConnections: global.totalConnections,
		connections,
		activeConnections,
		recentErrors: registry.errors.items.map((error) => ({ ...error, context: { ...error.context } })).reverse(),
		recentEvents: registry.timeline.stats(),
		global,
		transports: Object.fromEntries(registry.transports.entries().map(([kind, totals]) => [kind, transportStats(totals, active.get(totals) ?? 0)])),
		plugins: plugins.stats(),
		stages: registry.stages.stats(),
		resources: { ...resources, instrumentation: costOf(registry, nsPerMessage) },
		history: { intervalMs: SAMPLE_INTERVAL_MS, samples },
		trends: trendsOf(samples),
		alerts: [],
		navigation: registry.steps.stats(),
		leaks: leaksOf(registry, now),
	};
}

function globalStats(registry: Registry, now: number): GlobalStats {
	const { totalErrors, live, latency } = registry;
	const { connections, opened, refused, failures, closed, messages, bytes, upgrades: _, ...traffic } = registry.transports.sum();
	const rates = registry.history.rates(now);
	return {
		totalConnections: connections,
		activeConnections: live.size,
		closedConnections: closed,
		failedConnections: failures,
		successRate: rate(opened, opened + refused),
		totalMessages: messages,
		totalBytes: bytes,
		...traffic,
		totalErrors,
		averageMessageSize: messages > 0 ? round(bytes / messages) : 0,
		averageLatency: latency.mean(),
		latency: latency.percentiles(),
		throughputMbps: round((rates.bytesPerSecond * 8) / 1e6),
		...rates,
		uptimeMs: Math.max(round(now - registry.startedAt), 0),
	};
}

function transportStats({ counts, latency }: TransportTotals, active: number): TransportStats {
	const { opened, refused, closed: _, ...shown } = counts;
	const attempts = opened + refused;
	return { ...shown, active, attempts, successRate: rate(opened, attempts), latency: latency?.percentiles() ?? null };
}

function costOf(registry: Registry, nsPerMessage: number): InstrumentationCost {
	const dropped = {
		connections: registry.untracked,
		closed: registry.ended.dropped,
		errors: registry.errors.dropped,
		events: registry.timeline.dropped,
		names: registry.transports.dropped + registry.plugins.dropped,
		observers: registry.timeline.droppedObservers,
		faults: registry.faults,
	};
	let retainedBytes = registry.errors.items.length * 500 + registry.timeline.size * 200 + registry.history.readings.items.length * 250;
	for (const record of registry.records()) retainedBytes += weightOf(record);
	return { nsPerMessage, retainedBytes, degraded: dropped.connections + dropped.names + dropped.observers + dropped.faults > 0, dropped };
}

/** Bytes, weighed with heap snapshots: a record, a slot of a plugin, a stage, a tag, and the texts. */
function weightOf({ url, label, plugins, stages, latency, tags, stack }: ConnectionRecord): number {
	let chars = url.length + (label?.length ?? 0) + (stack?.length ?? 0);
	let slots = (plugins?.length ?? 0) * 70 + (stages?.length ?? 0) * 100;
	for (const key in tags) {
		slots += 64;
		chars += key.length + (tags[key]?.length ?? 0);
	}
	return 700 + slots + chars + (latency ? 400 : 0);
}

function leaksOf(registry: Registry, now: number): Leak[] {
	const leaks: Leak[] = [];
	for (const { id, listeners, lastMessageAt, startAt, stack } of registry.live.values()) {
		if (leaks.length >= 100) break;
		const silentMs = now - (Number.isNaN(lastMessageAt) ? startAt : lastMessageAt);
		if (silentMs > registry.settings.leakAfterMs)
			leaks.push({ kind: 'never-closed', connectionId: id, detail: `open and silent for ${Math.round(silentMs / 1000)} s`, stack });
		if (listeners) leaks.push({ kind: 'listeners', connectionId: id, detail: `${listeners.count} listeners on ${listeners.on}`, stack });
	}
	return leaks;
}

function rate(good: number, all: number): number {
	return all > 0 ? round(good / all) : 1;
}
