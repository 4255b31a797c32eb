import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyMeter } from './latency-meter.js';

const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

describe('a client whose clock is wrong', () => {
	test.each([
		['an hour ahead', HOUR_MS],
		['an hour behind', -HOUR_MS],
		['a fraction ahead', 40],
	])('%s: only what is above its quickest heartbeat counts', (_, aheadMs) => {
		const meter = new LatencyMeter();
		const beat = (latencyMs: number) => meter.measure(NOW + aheadMs - latencyMs, NOW);
		// The first one shows that its clock is wrong.
		expect(beat(30)).toBe(false);
		expect(beat(30)).toBe(true);
		expect(beat(130)).toBe(true);
		expect(meter.latencyMs).toBeCloseTo(10);
		expect(meter.skewMs).toBe(30 - aheadMs);
	});

	test('that is set on the way starts anew instead of being slow for ever', () => {
		const meter = new LatencyMeter();
		for (const aheadMs of [HOUR_MS, HOUR_MS, 0, 0, -HOUR_MS, -HOUR_MS, 5 * HOUR_MS, 5 * HOUR_MS]) meter.measure(NOW + aheadMs - 50, NOW);
		expect(meter.latencyMs).toBe(0);
		expect(meter.measure(NOW + 5 * HOUR_MS - 150, NOW)).toBe(true);
		expect(meter.latencyMs).toBeCloseTo(10);
	});
});

describe('a client that lies', () => {
	const noTimes: unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, '2026', null, undefined, {}, new Date(Number.NaN), 10n, { valueOf: () => NOW }];
	test.each(noTimes.map((time) => [time]))('with %s measures nothing', (time) => {
		const meter = new LatencyMeter();
		meter.measure(NOW - 20, NOW);
		expect(meter.measure(time, NOW)).toBe(false);
		expect(meter).toMatchObject({ latencyMs: 20, jitterMs: 0, skewMs: Number.NaN });
	});

	test('gets no figure out of bounds, whatever it sends', () => {
		fc.assert(
			fc.property(fc.array(fc.oneof(fc.double(), fc.integer({ min: NOW - 20_000, max: NOW + 20_000 }), fc.date().map(Number)), { maxLength: 50 }), (times) => {
				const meter = new LatencyMeter();
				for (const time of times) meter.measure(time, NOW);
				for (const figure of [meter.latencyMs, meter.jitterMs]) {
					expect(figure).toBeGreaterThanOrEqual(0);
					expect(figure).toBeLessThanOrEqual(10_000);
				}
			}),
		);
	});
});

test('a client with a good clock is measured as it is, and its jitter by the changes', () => {
	const meter = new LatencyMeter();
	for (const latencyMs of [100, 150, 100]) expect(meter.measure(new Date(NOW - latencyMs), NOW)).toBe(true);
	expect(meter.latencyMs).toBeCloseTo(100 * 0.9 * 0.9 + 150 * 0.1 * 0.9 + 100 * 0.1);
	expect(meter.jitterMs).toBeCloseTo(50 * 0.1 * 0.9 + 50 * 0.1);
	expect(meter.skewMs).toBeNaN();
});
