import type { MonitoringLevel } from './levels.js';

/** How a check ended: the node answered; its connection stands but nothing was heard of it; it failed. */
export type CheckOutcome = 'answered' | 'unheard' | 'failed';

/** Why a level changed: a check failed; enough succeeded in a row; nothing was heard for too long; the review found too many errors; the application said so. */
export type LevelReason = 'failed' | 'recovered' | 'idle' | 'review' | 'set';

export interface MonitorStatistics {
	readonly nodes: number;
	readonly byLevel: Readonly<Record<MonitoringLevel, number>>;
	/** Checks under way. */
	readonly checking: number;
	/** Checks that are due and wait for room. */
	readonly queued: number;
	/** Nodes with errors that are not made good. */
	readonly erring: number;
	/** All that ended since the monitor was made. */
	readonly checks: number;
	readonly failures: number;
}

export type MonitorEvent =
	| { readonly type: 'added'; readonly node: string; readonly level: MonitoringLevel }
	| { readonly type: 'removed'; readonly node: string }
	| {
			readonly type: 'checked';
			readonly node: string;
			readonly outcome: CheckOutcome;
			/** What the check threw, FleetError NODE_TIMEOUT among it; null where it did not fail or returned false. */
			readonly error: unknown;
			readonly durationMs: number;
	  }
	/** One node as a rule; all that a review raised, where it raised many. */
	| { readonly type: 'level'; readonly nodes: readonly string[]; readonly level: MonitoringLevel; readonly reason: LevelReason }
	/** Once a minute. */
	| { readonly type: 'review'; readonly statistics: MonitorStatistics };
