import type { Registry } from './registry.js';
import { Ring } from './ring.js';
import { round } from './samples.js';
import { iso } from './time.js';
import type { HistorySample, Trends } from './types.js';

export const SAMPLE_INTERVAL_MS = 5000;
const WINDOW_MS = 60_000;

/** What had been counted at a moment; the difference of two readings is what happened between them. */
interface Reading {
	at: number;
	active: number;
	connections: number;
	messages: number;
	bytes: number;
	errors: number;
	latencySum: number;
	latencyCount: number;
}

/** A ring of readings, one every five seconds: rates, samples to plot, trends. */
export class History {
	private readonly readings = new Ring<Reading>();
	private readonly start: Reading;

	constructor(private readonly registry: Registry) {
		const zero = { active: 0, connections: 0, messages: 0, bytes: 0, errors: 0, latencySum: 0, latencyCount: 0 };
		this.start = { at: registry.startedAt, ...zero };
	}

	get size(): number {
		return this.readings.items.length;
	}

	sample(at: number): void {
		this.readings.push(this.read(at), this.registry.settings.limits.samples);
	}

	/** Over the last 60 s, or since the start where that is less. */
	rates(at: number): { messagesPerSecond: number; bytesPerSecond: number; connectionsPerMinute: number } {
		const before = this.readings.items.find((reading) => reading.at >= at - WINDOW_MS);
		const base = at - this.start.at <= WINDOW_MS || !before ? this.start : before;
		const now = this.read(at);
		const seconds = Math.max(at - base.at, 1000) / 1000;
		return {
			messagesPerSecond: round((now.messages - base.messages) / seconds),
			bytesPerSecond: round((now.bytes - base.bytes) / seconds),
			connectionsPerMinute: round(((now.connections - base.connections) / seconds) * 60),
		};
	}

	samples(): HistorySample[] {
		const { startedAt, startedEpoch } = this.registry;
		const { items, dropped } = this.readings;
		// The first reading is compared with the start, unless what lay between has been dropped.
		return items.slice(dropped > 0 ? 1 : 0).map((reading, index) => {
			const before = (dropped > 0 ? items[index] : items[index - 1]) ?? this.start;
			const seconds = Math.max(reading.at - before.at, 1) / 1000;
			const measured = reading.latencyCount - before.latencyCount;
			return {
				at: iso(startedEpoch + reading.at - startedAt),
				activeConnections: reading.active,
				totalConnections: reading.connections,
				messagesPerSecond: round((reading.messages - before.messages) / seconds),
				bytesPerSecond: round((reading.bytes - before.bytes) / seconds),
				errors: reading.errors - before.errors,
				latency: measured > 0 ? round((reading.latencySum - before.latencySum) / measured) : null,
			};
		});
	}

	private read(at: number): Reading {
		const { registry } = this;
		const { messages, bytes } = registry.transports.traffic();
		return {
			at,
			active: registry.live.size,
			connections: registry.totalConnections,
			messages,
			bytes,
			errors: registry.totalErrors,
			latencySum: registry.latency.sum,
			latencyCount: registry.latency.count,
		};
	}
}

/** The last ten samples: their second half against the first. Within 10 %, or with fewer than three, it is STABLE. */
export function trendsOf(samples: readonly HistorySample[]): Trends {
	const last = samples.slice(-10);
	function trend<Less extends string, More extends string>(values: (number | null)[], less: Less, more: More): Less | More | 'STABLE' {
		const known = values.filter((value) => value !== null);
		if (known.length < 3) return 'STABLE';
		const half = Math.floor(known.length / 2);
		const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
		const before = mean(known.slice(0, half));
		const after = mean(known.slice(half));
		if (Math.abs(after - before) <= Math.abs(before) * 0.1) return 'STABLE';
		return after < before ? less : more;
	}
	return {
		latency: trend(
			last.map((sample) => sample.latency),
			'IMPROVING',
			'DEGRADING',
		),
		connections: trend(
			last.map((sample) => sample.activeConnections),
			'DECLINING',
			'GROWING',
		),
		errors: trend(
			last.map((sample) => sample.errors),
			'IMPROVING',
			'WORSENING',
		),
		throughput: trend(
			last.map((sample) => sample.bytesPerSecond),
			'DECLINING',
			'GROWING',
		),
	};
}
