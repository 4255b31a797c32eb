import { type Clock, Emitter, every, numberOption, type Subscribable, systemClock, throwLater, type Unsubscribe } from '@linkscope/core';
import { type Alert, type AlertThresholds, type AlertType, findTrouble } from './health-alerts.js';
import { type HealthMetrics, metricsBetween } from './health-metrics.js';
import type { SessionManager } from './session-manager.js';
import type { SessionsHealth } from './session-reports.js';
import { directionOf } from './trend.js';

export interface SessionHealthMonitorOptions {
	clock?: Clock;
	/** Default 30,000. */
	intervalMs?: number;
	/** How long samples are kept. Default 3,600,000. */
	historyMs?: number;
	/** An alert of one type is not raised again before this has passed. Default 300,000. */
	cooldownMs?: number;
	thresholds?: Partial<AlertThresholds>;
	/** 0 to 1. Default: how many of the sessions are reconnecting. */
	systemLoad?: (health: SessionsHealth) => number;
}

/** By the names of seeds/003. An alert is resolved by the first sample in which its cause is gone. */
export type SessionHealthEvent =
	| { readonly type: 'metrics.collected'; readonly metrics: HealthMetrics }
	| { readonly type: 'alert.created' | 'alert.resolved'; readonly alert: Alert };

export interface HealthSummary {
	readonly metrics: HealthMetrics | null;
	readonly trends: {
		readonly latency: 'IMPROVING' | 'STABLE' | 'DEGRADING';
		readonly connections: 'GROWING' | 'STABLE' | 'DECLINING';
		readonly errors: 'IMPROVING' | 'STABLE' | 'WORSENING';
	};
	readonly activeAlerts: readonly Alert[];
	/** Samples, oldest first. */
	readonly history: readonly HealthMetrics[];
}

/** Samples how the sessions of a manager do, tells where it leads, and raises an alert where a bound is crossed. */
export class SessionHealthMonitor {
	readonly onEvent: Subscribable<SessionHealthEvent>;
	readonly #events = new Emitter<SessionHealthEvent>();
	readonly #manager: Pick<SessionManager, 'health'>;
	readonly #clock: Clock;
	readonly #intervalMs: number;
	readonly #maxSamples: number;
	readonly #cooldownMs: number;
	readonly #thresholds: AlertThresholds;
	readonly #loadOf: (health: SessionsHealth) => number;
	readonly #active = new Map<AlertType, Alert>();
	readonly #raisedAtMs = new Map<AlertType, number>();
	#history: HealthMetrics[] = [];
	#before: SessionsHealth;
	#alerts = 0;
	#stop: Unsubscribe | null = null;

	/** @throws RangeError naming the option. */
	constructor(manager: Pick<SessionManager, 'health'>, options: SessionHealthMonitorOptions = {}) {
		const { thresholds = {} } = options;
		this.onEvent = this.#events;
		this.#manager = manager;
		this.#clock = options.clock ?? systemClock;
		this.#intervalMs = numberOption('intervalMs', options.intervalMs, 30_000, 1);
		this.#maxSamples = Math.max(1, Math.ceil(numberOption('historyMs', options.historyMs, 3_600_000) / this.#intervalMs));
		this.#cooldownMs = numberOption('cooldownMs', options.cooldownMs, 300_000);
		this.#thresholds = {
			latencyMs: numberOption('thresholds.latencyMs', thresholds.latencyMs, 1_000),
			errorRate: numberOption('thresholds.errorRate', thresholds.errorRate, 0.1),
			healthyRatio: numberOption('thresholds.healthyRatio', thresholds.healthyRatio, 0.8),
			systemLoad: numberOption('thresholds.systemLoad', thresholds.systemLoad, 0.8),
			reconnectRate: numberOption('thresholds.reconnectRate', thresholds.reconnectRate, 0.2),
		};
		this.#loadOf = options.systemLoad ?? ((health) => health.byStatus.RECONNECTING / Math.max(health.sessions, 1));
		this.#before = manager.health();
	}

	/** Samples from now on, the first time after one interval. Idempotent. */
	start(): void {
		this.#stop ??= every(this.#clock, this.#intervalMs, () => this.#sample());
	}

	stop(): void {
		this.#stop?.();
		this.#stop = null;
	}

	/** The last sample; null before the first one. */
	getCurrentHealthMetrics(): HealthMetrics | null {
		return this.#history.at(-1) ?? null;
	}

	getHealthSummary(): HealthSummary {
		const latency = directionOf(this.#history.map(({ averageLatency }) => averageLatency));
		const connections = directionOf(this.#history.map(({ totalConnections }) => totalConnections));
		const errors = directionOf(this.#history.map(({ errorRate }) => errorRate));
		return {
			metrics: this.getCurrentHealthMetrics(),
			trends: {
				latency: ({ UP: 'DEGRADING', STABLE: 'STABLE', DOWN: 'IMPROVING' } as const)[latency],
				connections: ({ UP: 'GROWING', STABLE: 'STABLE', DOWN: 'DECLINING' } as const)[connections],
				errors: ({ UP: 'WORSENING', STABLE: 'STABLE', DOWN: 'IMPROVING' } as const)[errors],
			},
			activeAlerts: this.getActiveAlerts(),
			history: [...this.#history],
		};
	}

	/** Those whose cause lasts, oldest first. */
	getActiveAlerts(): readonly Alert[] {
		return [...this.#active.values()];
	}

	/** Somebody has seen it; it stays active until its cause is gone. @returns false where it is not active any more. */
	acknowledgeAlert(id: number): boolean {
		for (const [type, alert] of this.#active) {
			if (alert.id !== id) continue;
			this.#active.set(type, { ...alert, acknowledgedAt: alert.acknowledgedAt ?? this.#time() });
			return true;
		}
		return false;
	}

	#sample(): void {
		const health = this.#manager.health();
		const metrics = metricsBetween(this.#before, health, this.#clock.epoch(), this.#load(health));
		this.#before = health;
		this.#history = [...this.#history, metrics].slice(-this.#maxSamples);
		this.#events.emit({ type: 'metrics.collected', metrics });
		const causes = findTrouble(metrics, this.#thresholds);
		for (const [type, alert] of this.#active) {
			if (causes.some((cause) => cause.type === type)) continue;
			this.#active.delete(type);
			this.#events.emit({ type: 'alert.resolved', alert });
		}
		for (const cause of causes) {
			const raisedAtMs = this.#raisedAtMs.get(cause.type) ?? Number.NEGATIVE_INFINITY;
			if (this.#active.has(cause.type) || this.#clock.now() - raisedAtMs < this.#cooldownMs) continue;
			const alert: Alert = { ...cause, id: ++this.#alerts, createdAt: this.#time(), acknowledgedAt: null };
			this.#active.set(cause.type, alert);
			this.#raisedAtMs.set(cause.type, this.#clock.now());
			this.#events.emit({ type: 'alert.created', alert });
		}
	}

	/** A callback that throws or says nonsense stops nothing: its error is reported as uncaught, the load counts as none. */
	#load(health: SessionsHealth): number {
		try {
			const load = this.#loadOf(health);
			return load >= 0 && load <= 1 ? load : 0;
		} catch (error) {
			throwLater(error);
			return 0;
		}
	}

	#time(): string {
		return new Date(this.#clock.epoch()).toISOString();
	}
}
