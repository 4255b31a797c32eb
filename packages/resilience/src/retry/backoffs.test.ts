import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptive, connectionPressure, qualityFactor, retryPressure } from './adaptive.js';
import { exponential, fixed, linear } from './backoffs.js';
import { decorrelatedJitter, percentJitter } from './jitter.js';

const waits = (backoff: { next(attempt: number, previousMs: number): number | null }, count: number) =>
	Array.from({ length: count }, (_, i) => backoff.next(i + 1, 0));

test('fixed waits the same', () => {
	expect(waits(fixed(), 3)).toEqual([1_000, 1_000, 1_000]);
	expect(waits(fixed({ delayMs: 0 }), 2)).toEqual([0, 0]);
});

test('linear waits base + increment * (attempt - 1), up to its bound', () => {
	expect(waits(linear({ baseDelayMs: 1_000, incrementMs: 500, maxDelayMs: 2_200 }), 4)).toEqual([1_000, 1_500, 2_000, 2_200]);
	expect(waits(linear(), 3)).toEqual([1_000, 2_000, 3_000]);
});

test('exponential waits base * multiplier^(attempt - 1), up to its bound, however often it is asked', () => {
	expect(waits(exponential(), 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
	// seeds/001: min(100 * 2^(n-1), 10000) ms.
	expect(waits(exponential({ baseDelayMs: 100, maxDelayMs: 10_000 }), 9)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
	expect(waits(exponential({ baseDelayMs: 100, multiplier: 1 }), 3)).toEqual([100, 100, 100]);
	expect(exponential().next(1_000_000, 0)).toBe(30_000);
	expect(exponential({ baseDelayMs: 0 }).next(1_000_000, 0)).toBe(0);
});

test('adaptive to retries: what failed and how much is on its way make it longer (seeds/003)', () => {
	const state = { errors: 0, active: 0 };
	const backoff = adaptive({ pressure: (attempt) => retryPressure(attempt, state.errors, state.active) });
	expect(waits(backoff, 3)).toEqual([1_000, 1_500, 2_250]);
	state.errors = 2;
	// base * 1.5^(n-1) * (1 + min(3, errors) / n)
	expect(waits(backoff, 2)).toEqual([3_000, 3_000]);
	state.errors = 100;
	expect(backoff.next(1, 0)).toBe(4_000);
	Object.assign(state, { errors: 0, active: 5 });
	expect(backoff.next(1, 0)).toBe(1_500);
	state.active = 1_000_000;
	expect(backoff.next(1, 0)).toBe(3_000);
	expect(backoff.next(100, 0)).toBe(30_000);
});

test('adaptive to connections: how many there are and how good they are make it longer (seeds/003)', () => {
	expect([1, 100, 101, 500, 501, 1_000, 1_001].map((count) => connectionPressure(count))).toEqual([1, 1, 1.2, 1.2, 1.5, 1.5, 2]);
	expect((['EXCELLENT', 'GOOD', 'POOR', 'CRITICAL'] as const).map(qualityFactor)).toEqual([1, 1.2, 1.5, 2]);
	const backoff = adaptive({ pressure: () => connectionPressure(600, qualityFactor('POOR')) });
	expect(waits(backoff, 2)).toEqual([2_250, 3_375]);
});

test.each([Number.NaN, -1, undefined as unknown as number])('a pressure of %o counts as none', (pressure) => {
	expect(adaptive({ pressure: () => pressure }).next(1, 0)).toBe(1_000);
	expect(adaptive({ baseDelayMs: 0, pressure: () => Number.POSITIVE_INFINITY }).next(5_000, 0)).toBe(0);
});

test('per cent jitter spreads evenly around the wait, and around a bound of it', () => {
	const at = (drawn: number, ratio?: number) => percentJitter(exponential({ baseDelayMs: 100, maxDelayMs: 10_000 }), { ratio, random: () => drawn });
	expect(waits(at(0), 2)).toEqual([90, 180]);
	expect(waits(at(0.5), 2)).toEqual([100, 200]);
	expect(at(1).next(1, 0)).toBeCloseTo(110);
	expect(at(1).next(20, 0)).toBe(11_000);
	expect(at(1, 0.5).next(1, 0)).toBe(150);
	expect(at(0.3, 0).next(1, 0)).toBe(100);
});

test('per cent jitter keeps to bounds of its own without heaping waits at them', () => {
	const within = (drawn: number) => percentJitter(fixed({ delayMs: 1_000 }), { ratio: 0.5, minDelayMs: 800, maxDelayMs: 1_200, random: () => drawn });
	expect([0, 0.25, 0.5, 1].map((drawn) => within(drawn).next(1, 0))).toEqual([800, 900, 1_000, 1_200]);
	expect(percentJitter(fixed({ delayMs: 10 }), { minDelayMs: 100, random: () => 1 }).next(1, 0)).toBe(100);
	expect(percentJitter({ next: () => null }).next(1, 0)).toBe(null);
});

test('decorrelated jitter lies between the base and three times the wait before, and never beyond its bound', () => {
	expect(decorrelatedJitter({ random: () => 0 }).next(5, 20_000)).toBe(1_000);
	expect(decorrelatedJitter({ random: () => 1 }).next(1, 0)).toBe(3_000);
	expect(decorrelatedJitter({ random: () => 1 }).next(2, 3_000)).toBe(9_000);
	fc.assert(
		fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 100_000 }), (drawn, previousMs) => {
			const waitMs = decorrelatedJitter({ baseDelayMs: 200, maxDelayMs: 5_000, random: () => drawn }).next(3, previousMs) as number;
			expect(waitMs).toBeGreaterThanOrEqual(200);
			expect(waitMs).toBeLessThanOrEqual(Math.min(5_000, Math.max(previousMs, 200) * 3));
		}),
	);
	expect(decorrelatedJitter({ baseDelayMs: 9_000, maxDelayMs: 5_000, random: () => 0.5 }).next(1, 0)).toBe(5_000);
});

test.each([
	['delayMs', () => fixed({ delayMs: -1 })],
	['baseDelayMs', () => linear({ baseDelayMs: Number.NaN })],
	['incrementMs', () => linear({ incrementMs: -5 })],
	['maxDelayMs', () => exponential({ maxDelayMs: Number.POSITIVE_INFINITY })],
	['multiplier', () => exponential({ multiplier: 0.5 })],
	['multiplier', () => adaptive({ multiplier: 0, pressure: () => 1 })],
	['ratio', () => percentJitter(fixed(), { ratio: 10 })],
	['baseDelayMs', () => decorrelatedJitter({ baseDelayMs: '5' as unknown as number })],
])('%s out of its bounds is named', (name, create) => {
	expect(create).toThrow(RangeError);
	expect(create).toThrow(name);
});
