import { Connection } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { describe, expect, test } from 'vitest';
import { StatisticsPlugin } from './statistics.js';

async function openPair() {
	const clock = new FakeClock();
	const [a, b] = createMemoryPair({ clock });
	const left = new Connection(a, { clock, plugins: [new StatisticsPlugin()] });
	const right = new Connection(b, { clock, initiator: false });
	const statistics = left.plugin<StatisticsPlugin>('statistics');
	return { clock, left, right, statistics, open: () => Promise.all([left.open(), right.open()]) };
}

describe('statistics', () => {
	test('count messages and bytes each way, UTF-8 for text, and tell when something last passed', async () => {
		const { clock, left, right, statistics, open } = await openPair();
		clock.advance(1_000);
		expect(statistics.snapshot()).toMatchObject({ messagesSent: 0, sinceSentMs: null, sinceReceivedMs: null, uptimeMs: 0, idleMs: 1_000 });
		await open();
		left.send('grüße');
		left.send(new Uint8Array(100));
		clock.advance(3_000);
		right.send('ok');
		await settle();
		clock.advance(2_000);
		expect(statistics.snapshot()).toEqual({
			messagesSent: 2,
			messagesReceived: 1,
			bytesSent: 107,
			bytesReceived: 2,
			messagesPerSecond: 0.5,
			bytesPerSecond: 109 / 6,
			sinceSentMs: 5_000,
			sinceReceivedMs: 2_000,
			idleMs: 2_000,
			uptimeMs: 5_000,
		});
	});

	test('rates forget what is older than ten seconds, and survive a long silence', async () => {
		const { clock, left, statistics, open } = await openPair();
		await open();
		for (let second = 0; second < 30; second++) {
			for (let i = 0; i < 5; i++) left.send('xx');
			await clock.run(1_000);
		}
		expect(statistics.snapshot().messagesPerSecond).toBeCloseTo(4.5, 0);
		clock.advance(3_600_000);
		expect(statistics.snapshot()).toMatchObject({ messagesPerSecond: 0, bytesPerSecond: 0, messagesSent: 150 });
		left.send('xx');
		expect(statistics.snapshot().messagesPerSecond).toBeCloseTo(0.1);
	});

	test('stand still after the end, and a snapshot changes nothing inside', async () => {
		const { clock, left, statistics, open } = await openPair();
		await open();
		left.send('x');
		await clock.run(1_000);
		await left.close();
		statistics.snapshot().messagesSent = 99;
		const atEnd = statistics.snapshot();
		clock.advance(60_000);
		expect(statistics.snapshot()).toEqual(atEnd);
		expect(atEnd.messagesSent).toBe(1);
	});

	test('may join and leave a connection that is ACTIVE', async () => {
		const { clock, left, right, open } = await openPair();
		await open();
		right.addPlugin(new StatisticsPlugin());
		left.send('x');
		await settle();
		await clock.run(500);
		expect(right.plugin<StatisticsPlugin>('statistics').snapshot()).toMatchObject({ messagesReceived: 1, uptimeMs: 500 });
		right.removePlugin('statistics');
		left.send('y');
		await settle();
		expect(right.plugins).not.toContain('statistics');
	});
});
