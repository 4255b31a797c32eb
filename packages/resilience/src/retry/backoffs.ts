import { type Backoff, numberOption } from '@linkscope/core';

export interface FixedOptions {
	/** Every wait. Default 1,000. */
	delayMs?: number;
}

export interface LinearOptions {
	/** The first wait. Default 1,000. */
	baseDelayMs?: number;
	/** Added for every further one. Default: `baseDelayMs`. */
	incrementMs?: number;
	/** No wait is longer. Default 30,000. */
	maxDelayMs?: number;
}

export interface ExponentialOptions {
	/** The first wait. Default 1,000. */
	baseDelayMs?: number;
	/** Each wait is so many times the one before, at least 1. Default 2. */
	multiplier?: number;
	/** No wait is longer. Default 30,000. */
	maxDelayMs?: number;
}

/**
 * The same wait every time.
 * @throws RangeError naming the option.
 */
export function fixed(options: FixedOptions = {}): Backoff {
	const delayMs = numberOption('delayMs', options.delayMs, 1_000);
	return { next: () => delayMs };
}

/**
 * base + increment * (attempt - 1).
 * @throws RangeError naming the option.
 */
export function linear(options: LinearOptions = {}): Backoff {
	const baseDelayMs = numberOption('baseDelayMs', options.baseDelayMs, 1_000);
	const incrementMs = numberOption('incrementMs', options.incrementMs, baseDelayMs);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, 30_000);
	return { next: (attempt) => Math.min(maxDelayMs, baseDelayMs + incrementMs * (attempt - 1)) };
}

/**
 * base * multiplier^(attempt - 1).
 * @throws RangeError naming the option.
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
	const baseDelayMs = numberOption('baseDelayMs', options.baseDelayMs, 1_000);
	const multiplier = numberOption('multiplier', options.multiplier, 2, 1);
	const maxDelayMs = numberOption('maxDelayMs', options.maxDelayMs, 30_000);
	return { next: (attempt) => Math.min(maxDelayMs, baseDelayMs * power(multiplier, attempt - 1)) };
}

/** Finite, however often it is asked: nothing times infinity is not a number. */
export function power(multiplier: number, exponent: number): number {
	return Math.min(multiplier ** exponent, Number.MAX_VALUE);
}
