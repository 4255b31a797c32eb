import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitter } from './full-jitter.js';

test('the bound of the wait doubles up to its cap, however often it is asked', () => {
	const backoff = fullJitter({ random: () => 1 });
	expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff.next(attempt, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
	expect(backoff.next(1_000_000, 0)).toBe(30_000);
	expect(fullJitter({ baseDelayMs: 0 }).next(1_000_000, 0)).toBe(0);
});

test('any wait from nothing to the bound may come, and no wait is ever beyond it', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, drawn) => {
			const waitMs = fullJitter({ baseDelayMs: 200, maxDelayMs: 5_000, random: () => drawn }).next(attempt, 0);
			expect(waitMs).toBeGreaterThanOrEqual(0);
			expect(waitMs).toBeLessThanOrEqual(Math.min(5_000, 200 * 2 ** (attempt - 1)));
		}),
	);
	expect(fullJitter({ random: () => 0 }).next(9, 0)).toBe(0);
});

test('a thousand clients that lost one server come back all over the wait, not at once', () => {
	const backoff = fullJitter({ baseDelayMs: 1_000 });
	const busiest = new Map<number, number>();
	for (let i = 0; i < 1_000; i++) {
		const tenth = Math.floor((backoff.next(1, 0) as number) / 100);
		busiest.set(tenth, (busiest.get(tenth) ?? 0) + 1);
	}
	// A tenth each on average; 200 of 1,000 would be ten standard deviations off.
	expect(busiest.size).toBe(10);
	expect(Math.max(...busiest.values())).toBeLessThan(200);
});

test('gives up when it was asked to', () => {
	const backoff = fullJitter({ maxAttempts: 2, random: () => 0.5 });
	expect([1, 2, 3, 4].map((attempt) => backoff.next(attempt, 0))).toEqual([500, 1_000, null, null]);
	expect(fullJitter({ maxAttempts: 0 }).next(1, 0)).toBe(null);
	expect(fullJitter({ maxAttempts: Number.POSITIVE_INFINITY, random: () => 1 }).next(99, 0)).toBe(30_000);
});

test.each([{ baseDelayMs: -1 }, { maxDelayMs: Number.NaN }, { maxAttempts: 1.5 }, { baseDelayMs: '1' as unknown as number }])('%o is named', (options) => {
	expect(() => fullJitter(options)).toThrow(RangeError);
	expect(() => fullJitter(options)).toThrow(Object.keys(options)[0]);
});
