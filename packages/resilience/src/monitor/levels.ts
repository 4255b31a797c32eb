import { numberOption } from '@linkscope/core';

/** How closely a node is watched, most closely first. */
export const MONITORING_LEVELS = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW', 'MINIMAL'] as const;

export type MonitoringLevel = (typeof MONITORING_LEVELS)[number];

/** How often a node of each level is checked, as in seeds/000. */
const DEFAULT_INTERVALS_MS: Readonly<Record<MonitoringLevel, number>> = { CRITICAL: 5_000, HIGH: 30_000, NORMAL: 60_000, LOW: 300_000, MINIMAL: 600_000 };

// The first nodes are the most important ones: a fleet is listed by priority.
const HIGH_NODES = 10;
const NORMAL_NODES = 40;

/** Where a level is left for the next lower one, in successes in a row; a level is left at once for CRITICAL or HIGH. */
const SUCCESSES_TO_RELAX: Readonly<Record<MonitoringLevel, number>> = { CRITICAL: 3, HIGH: 10, NORMAL: 20, LOW: 50, MINIMAL: Number.POSITIVE_INFINITY };

const ERRORS_TO_BE_CRITICAL = 2;

/** @throws RangeError naming the level. */
export function intervalsOption(given: Partial<Record<MonitoringLevel, number>> = {}): Readonly<Record<MonitoringLevel, number>> {
	const intervals = { ...DEFAULT_INTERVALS_MS };
	for (const level of MONITORING_LEVELS) intervals[level] = numberOption(`intervalsMs.${level}`, given[level], intervals[level], 100);
	return intervals;
}

/** The level of the next node of a fleet that has so many already. */
export function firstLevel(nodes: number): MonitoringLevel {
	if (nodes < HIGH_NODES) return 'HIGH';
	return nodes < HIGH_NODES + NORMAL_NODES ? 'NORMAL' : 'LOW';
}

/** @param successes in a row, since the last failure or since the level was raised. */
export function levelAfterSuccess(level: MonitoringLevel, successes: number): MonitoringLevel {
	return successes < SUCCESSES_TO_RELAX[level] ? level : (MONITORING_LEVELS[rankOf(level) + 1] ?? level);
}

/** @param errors that are not made good, this failure included. */
export function levelAfterFailure(level: MonitoringLevel, errors: number): MonitoringLevel {
	return errors >= ERRORS_TO_BE_CRITICAL ? 'CRITICAL' : atLeastHigh(level);
}

export function atLeastHigh(level: MonitoringLevel): MonitoringLevel {
	return isCloser('HIGH', level) ? 'HIGH' : level;
}

/** Whether a node of the one level is watched more closely than one of the other. */
export function isCloser(level: MonitoringLevel, than: MonitoringLevel): boolean {
	return rankOf(level) < rankOf(than);
}

/** 0 for CRITICAL. */
function rankOf(level: MonitoringLevel): number {
	return MONITORING_LEVELS.indexOf(level);
}

/** @throws RangeError where it is none. */
export function checkedLevel(level: MonitoringLevel): MonitoringLevel {
	if (MONITORING_LEVELS.includes(level)) return level;
	throw new RangeError(`level must be one of ${MONITORING_LEVELS.join(', ')}, got ${JSON.stringify(level)}`);
}
