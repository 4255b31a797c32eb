import { FakeClock } from '@linkscope/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerWheel, WheelTimer } from './timer-wheel.js';

describe('a timer wheel', () => {
	it('fires each timer once, within 100 ms after it is due and never before', () => {
		const due = fc.integer({ min: 0, max: 3_000_000 });
		fc.assert(
			fc.property(fc.array(due, { maxLength: 40 }), fc.integer({ min: 0, max: 250 }), (dues, startMs) => {
				const clock = new FakeClock();
				clock.advance(startMs);
				const wheel = new TimerWheel(clock);
				const fired = new Map<number, number>();
				for (const [index, ms] of dues.entries()) {
					const timer = new WheelTimer(() => fired.set(index, (fired.get(index) ?? 0) + clock.now()));
					wheel.set(timer, startMs + ms);
				}
				clock.advance(3_000_100);
				for (const [index, ms] of dues.entries()) {
					expect(fired.get(index)).toBeGreaterThanOrEqual(startMs + ms);
					expect(fired.get(index)).toBeLessThanOrEqual(startMs + ms + 100);
				}
				expect([fired.size, wheel.size, clock.pending]).toEqual([dues.length, 0, 0]);
			}),
		);
	});

	it('needs one timer of the clock, and none when nothing is set', () => {
		const clock = new FakeClock();
		const wheel = new TimerWheel(clock);
		const timers = Array.from({ length: 1_000 }, () => new WheelTimer(() => {}));
		for (const [index, timer] of timers.entries()) wheel.set(timer, index * 977);
		expect([wheel.size, clock.pending]).toEqual([1_000, 1]);
		for (const timer of timers) wheel.clear(timer);
		expect([wheel.size, clock.pending]).toEqual([0, 0]);
	});

	it('moves a timer that is set again, and knows none that is cleared twice', () => {
		const clock = new FakeClock();
		const wheel = new TimerWheel(clock);
		const fired: number[] = [];
		const timer = new WheelTimer(() => fired.push(clock.now()));
		wheel.set(timer, 5_000);
		wheel.set(timer, 1_000);
		clock.advance(10_000);
		wheel.clear(timer);
		wheel.clear(timer);
		expect([fired, wheel.size]).toEqual([[1_000], 0]);
	});

	it('lets what fires set and clear any timer, those due at the same time too', () => {
		const clock = new FakeClock();
		const wheel = new TimerWheel(clock);
		const fired: string[] = [];
		const cleared = new WheelTimer(() => fired.push('cleared'));
		const again: WheelTimer = new WheelTimer(() => {
			fired.push(`again at ${clock.now()}`);
			wheel.clear(cleared);
			if (clock.now() < 300) wheel.set(again, clock.now());
		});
		wheel.set(again, 100);
		wheel.set(cleared, 100);
		clock.advance(1_000);
		expect([fired, clock.pending]).toEqual([['again at 100', 'again at 200', 'again at 300'], 0]);
	});

	it('fires all that fell due while the machine slept, and goes on', () => {
		const clock = new FakeClock();
		const wheel = new TimerWheel(clock);
		const fired: number[] = [];
		const later = new WheelTimer(() => fired.push(clock.now()));
		for (const ms of [500, 60_000, 900_000, 3_600_000]) wheel.set(new WheelTimer(() => fired.push(ms)), ms);
		wheel.set(later, 7_200_000);
		clock.suspend(3_600_000);
		expect(fired.sort((one, other) => one - other)).toEqual([500, 60_000, 900_000, 3_600_000]);
		clock.advance(3_600_000);
		expect(fired.at(-1)).toBe(7_200_000);
	});
});
