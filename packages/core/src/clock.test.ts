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
