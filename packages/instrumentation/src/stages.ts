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
	readonly #stages = new Map((Object.keys(BUDGETS) as StageName[]).map((name) => [name, { samples: new Samples(256), overruns: 0 }]));

	add(name: StageName, durationMs: number): void {
		const stage = this.#stages.get(name);
		stage?.samples.add(durationMs);
		if (stage && isOverBudget(name, durationMs)) stage.overruns++;
	}

	stats(): Record<StageName, StageStats> {
		return Object.fromEntries(
			[...this.#stages].map(([name, { samples, overruns }]): [StageName, StageStats] => {
				const { p50 = null, p95 = null, p99 = null } = samples.percentiles() ?? {};
				return [name, { count: samples.count, p50, p95, p99, budgetMs: BUDGETS[name], overruns }];
			}),
		) as Record<StageName, StageStats>;
	}
}
