import { describe, expect, test, vi } from 'vitest';
import { systemClock, turnNow } from './clock.js';
import { FakeClock } from './testing/fake-clock.js';

describe('the time of a turn', () => {
	test('is read once, and anew in the next turn', async () => {
		const reading = vi.spyOn(performance, 'now');
		try {
			const first = turnNow(systemClock);
			expect(turnNow(systemClock)).toBe(first);
			expect(reading).toHaveBeenCalledTimes(1);
			await undefined;
			expect(turnNow(systemClock)).toBeGreaterThanOrEqual(first);
			expect(reading).toHaveBeenCalledTimes(2);
		} finally {
			reading.mockRestore();
		}
	});

	test('is never before what the clock said in the same turn', () => {
		turnNow(systemClock);
		const later = systemClock.now();
		expect(turnNow(systemClock)).toBeGreaterThanOrEqual(later);
	});

	test('is what any other clock says', () => {
		const clock = new FakeClock();
		expect(turnNow(clock)).toBe(0);
		clock.advance(5);
		expect(turnNow(clock)).toBe(5);
	});
});

describe('a timer of the system', () => {
	const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

	test('that was cancelled is started again by the next of its length, which no old cancellation touches', async () => {
		const first = vi.fn();
		const cancelFirst = systemClock.after(7, first);
		cancelFirst();
		await new Promise<void>((resolve) => {
			systemClock.after(7, resolve, { keepAlive: true });
			cancelFirst();
			cancelFirst();
		});
		expect(first).not.toHaveBeenCalled();
	});

	test('keeps the process alive only where it was asked to, and only until it is cancelled', () => {
		const before = timers();
		const cancel = systemClock.after(60_001, () => {}, { keepAlive: true });
		expect(timers()).toBe(before + 1);
		cancel();
		expect(timers()).toBe(before);
		const cancelSecond = systemClock.after(60_001, () => {});
		expect(timers()).toBe(before);
		cancelSecond();
		const cancelThird = systemClock.after(60_001, () => {}, { keepAlive: true });
		expect(timers()).toBe(before + 1);
		cancelThird();
		expect(timers()).toBe(before);
	});

	test('runs beside others of its length, each for itself', async () => {
		const calls: string[] = [];
		await new Promise<void>((resolve) => {
			systemClock.after(11, () => calls.push('a'), { keepAlive: true });
			const cancel = systemClock.after(11, () => calls.push('b'), { keepAlive: true });
			systemClock.after(11, () => resolve(), { keepAlive: true });
			cancel();
			cancel();
		});
		expect(calls).toEqual(['a']);
	});

	test('is a plain one where the platform has Node and the timers of a browser, as in a page of Electron', async () => {
		const cleared: unknown[] = [];
		vi.stubGlobal('setTimeout', () => 42);
		vi.stubGlobal('clearTimeout', (timer: unknown) => cleared.push(timer));
		vi.resetModules();
		try {
			const { systemClock: clock } = await import('./clock.js');
			clock.after(5, () => {})();
			expect(cleared).toEqual([42, 42]);
		} finally {
			vi.unstubAllGlobals();
			vi.resetModules();
		}
	});
});
