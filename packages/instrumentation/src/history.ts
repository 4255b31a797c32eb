import { difference, type Reading } from './reading.js';
import type { Registry } from './registry.js';
import { Ring } from './ring.js';
import { round } from './samples.js';
import { iso } from './time.js';
import type { HistorySample, Trends } from './types.js';

export const SAMPLE_INTERVAL_MS = 5000;
const WINDOW_MS = 60_000;

/** A ring of readings, one every five seconds: rates, samples to plot, trends. */
export class History {
	readonly readings = new Ring<{ reading: Reading; shown: HistorySample }>();
	readonly #registry: Registry;
	readonly #start: Reading;
	#last: Reading;

	constructor(registry: Registry) {
		this.#registry = registry;
		this.#last = this.#start = registry.read(registry.startedAt);
	}

	sample(at: number): void {
		const registry = this.#registry;
		const reading = registry.read(at);
		const { errors, latencySum, latencyCount, ...passed } = difference(reading, this.#last);
		const shown = {
			at: iso(registry.epochOf(at)),
			activeConnections: registry.live.size,
			totalConnections: reading.connections,
			...perSecond(passed, 1),
			errors,
			latency: latencyCount > 0 ? round(latencySum / latencyCount) : null,
		};
		this.#last = reading;
		this.readings.push({ reading, shown }, registry.settings.limits.samples);
	}

	/** Over the last 60 s, or since the start where that is less; one connection at the start is one a minute, not thousands. */
	rates(at: number): { messagesPerSecond: number; bytesPerSecond: number; connectionsPerMinute: number } {
		const before = at - this.#start.at > WINDOW_MS && this.readings.items.find(({ reading }) => reading.at >= at - WINDOW_MS)?.reading;
		const passed = difference(this.#registry.read(at), before || this.#start);
		return { ...perSecond(passed, 1000), connectionsPerMinute: round((passed.connections * WINDOW_MS) / Math.max(passed.at, WINDOW_MS)) };
	}

	samples(): HistorySample[] {
		return this.readings.items.map(({ shown }) => ({ ...shown }));
	}
}

function perSecond({ at: ms, messages, bytes }: { at: number; messages: number; bytes: number }, leastMs: number) {
	const seconds = Math.max(ms, leastMs) / 1000;
	return { messagesPerSecond: round(messages / seconds), bytesPerSecond: round(bytes / seconds) };
}

/** The last ten samples: their second half against the first. Within 10 %, or with fewer than three, it is STABLE. */
export function trendsOf(samples: readonly HistorySample[]): Trends {
	function trend<Less, More>(name: 'latency' | 'activeConnections' | 'errors' | 'bytesPerSecond', less: Less, more: More): Less | More | 'STABLE' {
		const known = samples
			.slice(-10)
			.map((sample) => sample[name])
			.filter((value) => value !== null);
		if (known.length < 3) return 'STABLE';
		const half = Math.floor(known.length / 2);
		const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
		const before = mean(known.slice(0, half));
		const after = mean(known.slice(half));
		if (Math.abs(after - before) <= Math.abs(before) * 0.1) return 'STABLE';
		return after < before ? less : more;
	}
	return {
		latency: trend('latency', 'IMPROVING', 'DEGRADING'),
		connections: trend('activeConnections', 'DECLINING', 'GROWING'),
		errors: trend('errors', 'IMPROVING', 'WORSENING'),
		throughput: trend('bytesPerSecond', 'DECLINING', 'GROWING'),
	};
}
