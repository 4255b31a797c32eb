import { expect, test } from 'vitest';
import { Samples } from './samples.js';

function samplesOf(capacity: number, values: number[]): Samples {
	const samples = new Samples(capacity);
	for (const value of values) samples.add(value);
	return samples;
}

test('percentiles are nearest ranks of the last durations', () => {
	const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
	expect(samplesOf(100, hundred).percentiles()).toEqual({ p50: 50, p95: 95, p99: 99, jitter: 1 });
	expect(samplesOf(10, hundred).percentiles()).toEqual({ p50: 5, p95: 10, p99: 10, jitter: 1 });
	expect(samplesOf(10, [7]).percentiles()).toEqual({ p50: 7, p95: 7, p99: 7, jitter: 0 });
});

test('jitter follows the order of arrival across the end of the ring', () => {
	expect(samplesOf(4, [9, 9, 1, 2, 3, 4]).percentiles()?.jitter).toBe(1);
});

test('nothing measured is null, and the sum goes on counting what fell out', () => {
	expect(samplesOf(4, []).percentiles()).toBeNull();
	expect(samplesOf(4, []).mean()).toBeNull();
	const samples = samplesOf(2, [1, 2, 3]);
	expect(samples).toMatchObject({ count: 3, sum: 6 });
	expect(samples.mean()).toBe(2.5);
});
