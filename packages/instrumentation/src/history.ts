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
	connections: number;
	messages: number;
	bytes: number;
	errors: number;
	latencySum: number;
	latencyCount: number;
	/** What happened since the reading before, as it is shown. */
	shown: HistorySample;
}

/** A ring of readings, one every five seconds: rates, samples to plot, trends. */
export class History {
	readonly readings = new Ring<Reading>();
	#last: Omit<Reading, 'shown'>;
	readonly #start: Omit<Reading, 'shown'>;

	constructor(private readonly registry: Registry) {
		this.#last = this.#start = this.#read(registry.startedAt);
	}

	sample(at: number): void {
		const { registry } = this;
		const last = this.#last;
		const now = this.#read(at);
		const seconds = Math.max(at - last.at, 1) / 1000;
		const measured = now.latencyCount - last.latencyCount;
		const shown = {
			at: iso(registry.startedEpoch + at - registry.startedAt),
			activeConnections: registry.live.size,
			totalConnections: now.connections,
			messagesPerSecond: round((now.messages - last.messages) / seconds),
			bytesPerSecond: round((now.bytes - last.bytes) / seconds),
			errors: now.errors - last.errors,
			latency: measured > 0 ? round((now.latencySum - last.latencySum) / measured) : null,
		};
		this.#last = now;
		this.readings.push({ ...now, shown }, registry.settings.limits.samples);
	}

	/** Over the last 60 s, or since the start where that is less. */
	rates(at: number): { messagesPerSecond: number; bytesPerSecond: number; connectionsPerMinute: number } {
		const before = this.readings.items.find((reading) => reading.at >= at - WINDOW_MS);
		const base = at - this.#start.at <= WINDOW_MS || !before ? this.#start : before;
		const now = this.#read(at);
		const seconds = Math.max(at - base.at, 1000) / 1000;
		return {
			messagesPerSecond: round((now.messages - base.messages) / seconds),
			bytesPerSecond: round((now.bytes - base.bytes) / seconds),
			connectionsPerMinute: round(((now.connections - base.connections) / seconds) * 60),
		};
	}

	samples(): HistorySample[] {
		return this.readings.items.map(({ shown }) => ({ ...shown }));
	}

	#read(at: number): Omit<Reading, 'shown'> {
		const { transports, totalConnections, totalErrors, latency } = this.registry;
		const { messages, bytes } = transports.sum();
		return { at, connections: totalConnections, messages, bytes, errors: totalErrors, latencySum: latency.sum, latencyCount: latency.count };
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
