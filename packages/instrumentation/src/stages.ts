import type { ConnectionState, StageName } from '@linkscope/core';
import { Samples } from './samples.js';
import type { StageStats } from './types.js';

/** What seeds/004 expects of each stage, in milliseconds; null: no expectation. */
export const BUDGETS: Readonly<Record<StageName, number | null>> = {
	validate: null,
	discover: null,
	connect: 2000,
	auth: 1000,
	encrypt: 500,
	pair: 3000,
	sync: null,
	total: 7000,
};

/** The stage that a connection is in while it is in a state. */
export const stageOf: Partial<Record<ConnectionState, StageName>> = {
	CONNECTING: 'connect',
	AUTHENTICATING: 'auth',
	ENCRYPTING: 'encrypt',
	PAIRING: 'pair',
};

export interface StageRecord {
	name: StageName;
	/** Milliseconds after the connection's creation. */
	offsetMs: number;
	durationMs: number;
	messages: number;
	outcome: 'ok' | 'failed' | 'aborted';
}

export function isOverBudget(name: StageName, durationMs: number): boolean {
	const budget = BUDGETS[name];
	return budget != null && durationMs > budget;
}

/** Durations of all connections, by stage. */
export class StageTimes {
	readonly #times = new Map<StageName, { samples: Samples; overruns: number }>();

	add(name: StageName, durationMs: number): void {
		let stage = this.#times.get(name);
		if (!stage) {
			stage = { samples: new Samples(256), overruns: 0 };
			this.#times.set(name, stage);
		}
		stage.samples.add(durationMs);
		if (isOverBudget(name, durationMs)) stage.overruns++;
	}

	stats(): Record<StageName, StageStats> {
		const names = Object.keys(BUDGETS) as StageName[];
		return Object.fromEntries(
			names.map((name): [StageName, StageStats] => {
				const stage = this.#times.get(name);
				const { p50 = null, p95 = null, p99 = null } = stage?.samples.percentiles() ?? {};
				return [name, { count: stage?.samples.count ?? 0, p50, p95, p99, budgetMs: BUDGETS[name], overruns: stage?.overruns ?? 0 }];
			}),
		) as Record<StageName, StageStats>;
	}
}
