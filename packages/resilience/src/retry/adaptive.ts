import { type Backoff, numberOption } from '@linkscope/core';
import { power } from './backoffs.js';

export interface AdaptiveOptions {
	/** The first wait while nothing is wrong. Default 1,000. */
	baseDelayMs?: number;
	/** Each wait is so many times the one before, at least 1. Default 1.5. */
	multiplier?: number;
	/** No wait is longer. Default 30,000. */
	maxDelayMs?: number;
	/** Asked before each wait: how many times longer it should be. `retryPressure` and `connectionPressure` are the seeds'. */
	pressure(attempt: number): number;
}

/**
 * base * multiplier^(attempt - 1) * pressure, so that many who retry at once, or whose peer is in trouble, wait longer.
 * A pressure that is no number from 0 up counts as 1.
 * @throws RangeError naming the option.
 */
export function adaptive(options: AdaptiveOptions): Backoff {
	const baseDelayMs = numberOption('baseDelayMs', options.baseDelayMs, 1_000);
	const multiplier = numberOption('multiplier', options.multiplier, 1.5, 1);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, 30_000);
	const { pressure } = options;
	if (typeof pressure !== 'function') throw new TypeError(`pressure must be a function, got ${typeof pressure}`);
	return {
		next(attempt) {
			const asked = pressure(attempt);
			const times = asked >= 0 ? Math.min(asked, Number.MAX_SAFE_INTEGER) : 1;
			return Math.min(maxDelayMs, baseDelayMs * Math.min(power(multiplier, attempt - 1) * times, Number.MAX_VALUE));
		},
	};
}

/**
 * The pressure on one that retries operations: how many of its tries failed, and how many operations are on their way.
 * (1 + min(3, errors) / attempt) * min(1 + 0.1 * active, 3), as in seeds/003.
 */
export function retryPressure(attempt: number, errors: number, active: number): number {
	return (1 + Math.min(3, errors) / attempt) * Math.min(1 + 0.1 * active, 3);
}

export type ConnectionQuality = 'EXCELLENT' | 'GOOD' | 'POOR' | 'CRITICAL';

const qualityFactors: Readonly<Record<ConnectionQuality, number>> = { EXCELLENT: 1, GOOD: 1.2, POOR: 1.5, CRITICAL: 2 };

/** What a connection of that quality adds to the mean in `connectionPressure`. */
export function qualityFactor(quality: ConnectionQuality): number {
	return qualityFactors[quality];
}

/**
 * The pressure on one that keeps connections: more than 100 of them 1.2, 500 1.5, 1,000 2; times the mean of their `qualityFactor`
 * (1 where there are none), as in seeds/003.
 */
export function connectionPressure(connections: number, meanQualityFactor = 1): number {
	return loadFactor(connections) * meanQualityFactor;
}

function loadFactor(connections: number): number {
	if (connections > 1_000) return 2;
	if (connections > 500) return 1.5;
	return connections > 100 ? 1.2 : 1;
}
