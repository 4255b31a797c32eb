import { type Backoff, integerOption, numberOption } from '@linkscope/core';
import { adaptive } from './adaptive.js';
import { exponential, fixed, linear } from './backoffs.js';
import { percentJitter } from './jitter.js';

const TYPES = ['EXPONENTIAL', 'LINEAR', 'FIXED', 'ADAPTIVE', 'CIRCUIT_BREAKER'] as const;

/** The object of seeds/003, as written there; times in milliseconds. Elsewhere our options carry their units. */
export interface RetryStrategy {
	/** CIRCUIT_BREAKER waits like EXPONENTIAL, and stops where the circuit of the operation's id is open. */
	type: (typeof TYPES)[number];
	/** The first wait; of FIXED every wait. Default 1,000. */
	baseDelay?: number;
	/** No wait is longer. Default 30,000. */
	maxDelay?: number;
	/** Of EXPONENTIAL and CIRCUIT_BREAKER 2 by default, of ADAPTIVE 1.5. */
	multiplier?: number;
	/** Of LINEAR: added for every further wait. Default: `baseDelay`. */
	increment?: number;
	/** Spreads every wait by ± `jitterRange`, never beyond `maxDelay`. Default false. */
	jitter?: boolean;
	/** 0.1 is ±10 %. Default 0.1. */
	jitterRange?: number;
	/** With any type: failures in a row of one id that open its circuit. Default 5 of CIRCUIT_BREAKER, else no circuit. */
	circuitBreakerThreshold?: number;
	/** How long a circuit stays open. Default 60,000. */
	circuitBreakerTimeout?: number;
}

/** 1 s doubling to 30 s, ±10 %: what RetryManager does by default. */
export const defaultStrategy: RetryStrategy = { type: 'EXPONENTIAL', baseDelay: 1_000, maxDelay: 30_000, multiplier: 2, jitter: true, jitterRange: 0.1 };

/**
 * The waits of a strategy.
 * @param pressure how many times longer an ADAPTIVE one waits.
 * @throws RangeError or TypeError naming the field.
 */
export function strategyBackoff(strategy: RetryStrategy, pressure: (attempt: number) => number, random: () => number): Backoff {
	const maxDelayMs = numberOption('maxDelay', strategy.maxDelay, 30_000);
	const plain = plainBackoff(strategy, numberOption('baseDelay', strategy.baseDelay, 1_000), maxDelayMs, pressure);
	const ratio = numberOption('jitterRange', strategy.jitterRange, 0.1, 0, 1);
	return strategy.jitter ? percentJitter(plain, { ratio, maxDelayMs, random }) : plain;
}

function plainBackoff(strategy: RetryStrategy, baseDelayMs: number, maxDelayMs: number, pressure: (attempt: number) => number): Backoff {
	const { type, multiplier, increment } = strategy;
	switch (type) {
		case 'EXPONENTIAL':
		case 'CIRCUIT_BREAKER':
			return exponential({ baseDelayMs, maxDelayMs, multiplier });
		case 'LINEAR':
			return linear({ baseDelayMs, maxDelayMs, incrementMs: numberOption('increment', increment, baseDelayMs) });
		case 'FIXED':
			return fixed({ delayMs: Math.min(baseDelayMs, maxDelayMs) });
		case 'ADAPTIVE':
			return adaptive({ baseDelayMs, maxDelayMs, multiplier, pressure });
		default:
			throw new TypeError(`type must be one of ${TYPES.join(', ')}, got ${String(type).slice(0, 40)}`);
	}
}

/** Whether, and how, a strategy guards its operation with a circuit. What it leaves out is as the circuit of the operation's id has it. */
export function strategyCircuit(strategy: RetryStrategy): { threshold?: number; openMs?: number } | null {
	const { type, circuitBreakerThreshold: threshold, circuitBreakerTimeout: openMs } = strategy;
	integerOption('circuitBreakerThreshold', threshold, 5, 1);
	numberOption('circuitBreakerTimeout', openMs, 60_000, 1);
	return type === 'CIRCUIT_BREAKER' || threshold !== undefined ? { threshold, openMs } : null;
}
