import type { HealthMetrics } from './health-metrics.js';

export type AlertType = 'HIGH_LATENCY' | 'HIGH_ERROR_RATE' | 'LOW_CONNECTION_QUALITY' | 'SYSTEM_OVERLOAD' | 'FLAPPING';
export type AlertSeverity = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

export interface Alert {
	/** Unique in its monitor. */
	readonly id: number;
	readonly type: AlertType;
	readonly severity: AlertSeverity;
	readonly message: string;
	/** What was measured, and the bound it crossed. */
	readonly value: number;
	readonly threshold: number;
	/** ISO 8601. */
	readonly createdAt: string;
	readonly acknowledgedAt: string | null;
}

export interface AlertThresholds {
	/** Milliseconds. Default 1,000. */
	readonly latencyMs: number;
	/** Default 0.1. */
	readonly errorRate: number;
	/** At least so many of the sessions are healthy. Default 0.8. */
	readonly healthyRatio: number;
	/** Default 0.8. */
	readonly systemLoad: number;
	/** Default 0.2. */
	readonly reconnectRate: number;
}

export type AlertCause = Omit<Alert, 'id' | 'createdAt' | 'acknowledgedAt'>;

/** What is wrong with these figures, by the rules of seeds/003. */
export function findTrouble(metrics: HealthMetrics, thresholds: AlertThresholds): AlertCause[] {
	const expected = metrics.healthyConnections + metrics.unhealthyConnections;
	const healthyRatio = expected === 0 ? 1 : metrics.healthyConnections / expected;
	const causes: AlertCause[] = [];
	const above = (type: AlertType, severity: AlertSeverity, name: string, value: number, threshold: number): void => {
		if (value > threshold) causes.push({ type, severity, message: `${name} is ${rounded(value)}, above ${threshold}`, value, threshold });
	};
	above('HIGH_LATENCY', 'HIGH', 'the average latency in ms', metrics.averageLatency, thresholds.latencyMs);
	above('HIGH_ERROR_RATE', 'HIGH', 'the share of reconnects that failed', metrics.errorRate, thresholds.errorRate);
	if (healthyRatio < thresholds.healthyRatio) {
		const [value, threshold] = [healthyRatio, thresholds.healthyRatio];
		const message = `the share of healthy sessions is ${rounded(value)}, below ${threshold}`;
		causes.push({ type: 'LOW_CONNECTION_QUALITY', severity: 'MEDIUM', message, value, threshold });
	}
	above('SYSTEM_OVERLOAD', 'CRITICAL', 'the load', metrics.systemLoad, thresholds.systemLoad);
	above('FLAPPING', 'MEDIUM', 'the share of sessions that had to reconnect', metrics.reconnectRate, thresholds.reconnectRate);
	return causes;
}

function rounded(value: number): number {
	return Math.round(value * 1_000) / 1_000;
}
