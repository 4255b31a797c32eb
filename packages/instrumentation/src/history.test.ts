import { expect, test } from 'vitest';
import { trendsOf } from './history.js';
import { settingsFrom } from './options.js';
import { EPOCH, Recording } from './recording.fixture.js';
import { Registry } from './registry.js';
import { statsOf } from './stats.js';
import type { HistorySample } from './types.js';

function sampled(samples: number, limit = 360): Registry {
	const registry = new Registry(settingsFrom({ limits: { samples: limit } }), 0, EPOCH);
	const recording = new Recording('c1').open(0);
	for (const event of recording.events) registry.fold(event);
	for (let i = 1; i <= samples; i++) {
		for (let n = 0; n < i; n++) registry.fold({ type: 'sent', id: 'c1', at: i * 5000 - 1, bytes: 100, wireBytes: 100, bufferedBytes: 0 });
		registry.history.sample(i * 5000);
	}
	return registry;
}

test('each sample tells of its own interval', () => {
	const { samples, intervalMs } = statsOf(sampled(3), 15_000).history;
	expect(intervalMs).toBe(5000);
	expect(samples.map(({ at, messagesPerSecond, bytesPerSecond }) => [at, messagesPerSecond, bytesPerSecond])).toEqual([
		['2026-01-01T00:00:05.000Z', 0.2, 20],
		['2026-01-01T00:00:10.000Z', 0.4, 40],
		['2026-01-01T00:00:15.000Z', 0.6, 60],
	]);
	expect(samples[0]).toMatchObject({ activeConnections: 1, totalConnections: 1, errors: 0, latency: null });
});

test('the ring is bounded', () => {
	const { samples } = statsOf(sampled(10, 4), 50_000).history;
	expect(samples.map(({ messagesPerSecond }) => messagesPerSecond)).toEqual([1.4, 1.6, 1.8, 2]);
});

test('rates look back over 60 s and no further', () => {
	// 40 samples of 5 s: the last 60 s saw the messages of samples 29 to 40.
	const { global } = statsOf(sampled(40), 200_000);
	expect(global.messagesPerSecond).toBe(round((((29 + 40) * 12) / 2 / 60) * 1000) / 1000);
	expect(global.connectionsPerMinute).toBe(0);
});

test('a trend compares the second half of ten samples with the first', () => {
	const samples = (values: number[]) =>
		values.map(
			(value): HistorySample => ({
				at: '',
				activeConnections: value,
				totalConnections: 0,
				messagesPerSecond: 0,
				bytesPerSecond: value,
				errors: value,
				latency: value,
			}),
		);
	expect(trendsOf(samples([1, 9]))).toEqual({ latency: 'STABLE', connections: 'STABLE', errors: 'STABLE', throughput: 'STABLE' });
	expect(trendsOf(samples([100, 100, 105, 104]))).toMatchObject({ latency: 'STABLE' });
	expect(trendsOf(samples([1, 1, 9, 9]))).toEqual({ latency: 'DEGRADING', connections: 'GROWING', errors: 'WORSENING', throughput: 'GROWING' });
	expect(trendsOf(samples([9, 9, 1, 1]))).toEqual({ latency: 'IMPROVING', connections: 'DECLINING', errors: 'IMPROVING', throughput: 'DECLINING' });
	expect(trendsOf(samples([500, 500, ...Array(10).fill(1)]))).toMatchObject({ connections: 'STABLE' });
});

const round = Math.round;
