import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayWindow, WINDOW_RECORDS } from './replay-window.js';

/** What the window promises, in the simplest words. */
class Model {
	readonly seen = new Set<number>();
	highest = -1;
	isFresh(counter: number): boolean {
		return !this.seen.has(counter) && counter > this.highest - WINDOW_RECORDS;
	}
	add(counter: number): void {
		this.seen.add(counter);
		this.highest = Math.max(this.highest, counter);
	}
}

test('agrees with a set of all counters, for any order of them', () => {
	const counter = fc.oneof(fc.nat(100), fc.nat(5000), fc.integer({ min: 2 ** 32 - 3000, max: 2 ** 32 }));
	fc.assert(
		fc.property(fc.array(counter, { maxLength: 200 }), (counters) => {
			const [window, model] = [new ReplayWindow(), new Model()];
			for (const each of counters) {
				expect(window.isFresh(each)).toBe(model.isFresh(each));
				if (!window.isFresh(each)) continue;
				window.add(each);
				model.add(each);
			}
		}),
		{ numRuns: 500 },
	);
});

test('takes a counter that is just inside the window, and not the one before', () => {
	const window = new ReplayWindow();
	window.add(10_000);
	expect(window.isFresh(10_000 - WINDOW_RECORDS + 1)).toBe(true);
	expect(window.isFresh(10_000 - WINDOW_RECORDS)).toBe(false);
	expect(window.isFresh(10_000)).toBe(false);
	expect(window.isFresh(0)).toBe(false);
});

test('asking changes nothing', () => {
	const window = new ReplayWindow();
	for (let i = 0; i < 3; i++) expect(window.isFresh(5_000)).toBe(true);
	expect(window.isFresh(0)).toBe(true);
});
