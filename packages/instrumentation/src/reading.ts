import type { Sums } from './transports.js';

/** What had been counted at a moment of the clock. */
export interface Reading extends Sums {
	at: number;
	errors: number;
	latencySum: number;
	latencyCount: number;
}

/** What happened between two readings; `at` is the milliseconds between them. */
export function difference(now: Reading, before: Reading): Reading {
	const passed = { ...now };
	for (const name of Object.keys(now) as (keyof Reading)[]) passed[name] -= before[name];
	return passed;
}
