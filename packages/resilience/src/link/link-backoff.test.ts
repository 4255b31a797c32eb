import { expect, test } from 'vitest';
import { linkBackoff } from './link-backoff.js';

test('four waits of up to 400 ms, then bounds three times as long each, up to 30 s, for ever', () => {
	const longest = linkBackoff(() => 1);
	expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map((attempt) => longest.next(attempt, 0))).toEqual([
		400, 400, 400, 400, 1_200, 3_600, 10_800, 30_000, 30_000, 30_000,
	]);
	expect(linkBackoff(() => 0).next(9, 0)).toBe(0);
});

test('a thousand links that lost one server come back all over the first wait, not at once', () => {
	const backoff = linkBackoff();
	const tenths = Array.from({ length: 1_000 }, () => Math.floor((backoff.next(1, 0) as number) / 40));
	const counts = Array.from({ length: 10 }, (_, tenth) => tenths.filter((each) => each === tenth).length);
	// A tenth each on average; 200 of 1,000 would be ten standard deviations off.
	expect(Math.max(...counts)).toBeLessThan(200);
});
