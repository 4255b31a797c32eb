import { type Backoff, integerOption, numberOption } from '@linkscope/core';
import { adaptive } from '../retry/adaptive.js';
import { exponential, fixed, linear } from '../retry/backoffs.js';
import { percentJitter } from '../retry/jitter.js';
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

/** By the names of seeds/003, or any backoff. Its null ends the tries early. */
export type ReconnectStrategy = 'EXPONENTIAL' | 'LINEAR' | 'FIXED' | 'ADAPTIVE' | Backoff;

/**
 * @param pressure what ADAPTIVE multiplies its waits by.
 * @throws RangeError naming the option; TypeError for a strategy that there is not.
 */
export function reconnectPlan(config: ReconnectConfig, strategy: ReconnectStrategy, pressure: () => number, random?: () => number): ReconnectPlan {
	const maxAttempts = integerOption('maxAttempts', config.maxAttempts, 5);
	const ratio = numberOption('jitterRatio', config.jitterRatio, 0.5, 0, 1);
	if (typeof strategy === 'object') return { backoff: strategy, maxAttempts };
	return { backoff: percentJitter(named(strategy, config, pressure), { ratio, minDelayMs: FLOOR_MS, random }), maxAttempts };
}

function named(strategy: string, config: ReconnectConfig, pressure: () => number): Backoff {
	const { baseDelayMs, maxDelayMs, multiplier } = config;
	switch (strategy) {
		case 'EXPONENTIAL':
			return exponential({ baseDelayMs, maxDelayMs, multiplier });
		case 'LINEAR':
			return linear({ baseDelayMs, maxDelayMs });
		case 'FIXED':
			return fixed({ delayMs: baseDelayMs });
		case 'ADAPTIVE':
			return adaptive({ baseDelayMs, maxDelayMs, pressure });
		default:
			throw new TypeError(`strategy must be EXPONENTIAL, LINEAR, FIXED, ADAPTIVE or a Backoff, got ${JSON.stringify(strategy)}`);
	}
}
