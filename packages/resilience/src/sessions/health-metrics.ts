import type { ConnectionQuality } from '../retry/adaptive.js';
import type { SessionsHealth } from './session-reports.js';

/** How the sessions do, over the time since the sample before. */
export interface HealthMetrics {
	/** ISO 8601. */
	readonly at: string;
	readonly totalConnections: number;
	/** CONNECTED, of EXCELLENT or GOOD quality. */
	readonly healthyConnections: number;
	readonly unhealthyConnections: number;
	/** Milliseconds; 0 where none is connected. */
	readonly averageLatency: number;
	/** Tries to bring a session back that failed, of those that ended. 0 to 1. */
	readonly errorRate: number;
	/** Sessions that went RECONNECTING, of all. */
	readonly reconnectRate: number;
	/** 0 to 1. */
	readonly systemLoad: number;
	readonly qualityDistribution: Readonly<Record<ConnectionQuality, number>>;
}

/** @param before what health() told at the sample before. */
export function metricsBetween(before: SessionsHealth, now: SessionsHealth, epoch: number, systemLoad: number): HealthMetrics {
	const { sessions, byQuality, totals } = now;
	// Who said goodbye is neither healthy nor ill.
	const expected = sessions - now.byStatus.DISCONNECTED - now.byStatus.SUSPENDED;
	const healthyConnections = byQuality.EXCELLENT + byQuality.GOOD;
	return {
		at: new Date(epoch).toISOString(),
		totalConnections: sessions,
		healthyConnections,
		unhealthyConnections: expected - healthyConnections,
		averageLatency: now.averageLatency ?? 0,
		errorRate: share(totals.retriesFailed - before.totals.retriesFailed, totals.retries - before.totals.retries),
		reconnectRate: share(totals.reconnections - before.totals.reconnections, sessions),
		systemLoad,
		qualityDistribution: byQuality,
	};
}

/** 0 to 1; what began before the sample may end in it. */
function share(part: number, whole: number): number {
	return part === 0 ? 0 : Math.min(part / Math.max(whole, 1), 1);
}
