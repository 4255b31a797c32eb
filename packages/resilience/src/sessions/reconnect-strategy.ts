import { type Backoff, integerOption, numberOption } from '@linkscope/core';
import { percentJitter } from '../retry/jitter.js';
import { type RetryStrategy, strategyBackoff } from '../retry/retry-strategy.js';
import type { ReconnectPlan } from './session-record.js';

const FLOOR_MS = 100;

export interface ReconnectConfig {
	/** Tries until a session has FAILED. Default 5. */
	maxAttempts?: number;
	/** The first wait. Default 1,000. */
	baseDelayMs?: number;
	/** No wait is longer. Default 30,000. */
	maxDelayMs?: number;
	/** Of the exponential strategy, at least 1. Default 2. */
	multiplier?: number;
	/** Each wait is spread over ± this part of it, and never below 100 ms. From 0 to 1, default 0.5. */
	jitterRatio?: number;
}

/** By the names of seeds/003, or the object there, or any backoff. Its null ends the tries early. */
export type ReconnectStrategy = Exclude<RetryStrategy['type'], 'CIRCUIT_BREAKER'> | RetryStrategy | Backoff;

/**
 * @param pressure what ADAPTIVE multiplies its waits by.
 * @throws RangeError naming the option; TypeError for a strategy that there is not.
 */
export function reconnectPlan(config: ReconnectConfig, strategy: ReconnectStrategy, pressure: () => number, random = Math.random): ReconnectPlan {
	const { baseDelayMs: baseDelay, maxDelayMs: maxDelay, multiplier } = config;
	const maxAttempts = integerOption('maxAttempts', config.maxAttempts, 5);
	const ratio = numberOption('jitterRatio', config.jitterRatio, 0.5, 0, 1);
	if (typeof strategy === 'object' && 'next' in strategy) return { backoff: strategy, maxAttempts };
	if (typeof strategy === 'object') return { backoff: strategyBackoff(strategy, pressure, random), maxAttempts };
	const plain = strategyBackoff({ type: strategy, baseDelay, maxDelay, multiplier }, pressure, random);
	return { backoff: percentJitter(plain, { ratio, minDelayMs: FLOOR_MS, random }), maxAttempts };
}
