import { FakeClock } from '@linkscope/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Dated, Deadlines } from './deadlines.js';

interface Item extends Dated {
	name: number;
	dueMs: number;
}

const step = fc.record({ name: fc.nat(9), kind: fc.constantFrom('set', 'set', 'postpone', 'remove', 'pass'), ms: fc.integer({ min: 1, max: 500 }) });

test('looks at each thing when it is due, never before and never later, with one timer', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
			const clock = new FakeClock();
			const items = Array.from({ length: 10 }, (_, name): Item => ({ name, dueMs: Number.POSITIVE_INFINITY, at: 0, order: 0, index: -1 }));
			const deadlines = new Deadlines<Item>(clock, {
				look(item, nowMs) {
					expect(nowMs).toBeLessThanOrEqual(item.dueMs);
					if (nowMs === item.dueMs) {
						deadlines.remove(item);
						item.dueMs = Number.POSITIVE_INFINITY;
					}
					return item.dueMs;
				},
				overslept: () => expect.unreachable(),
			});
			for (const { name, kind, ms } of steps) {
				const item = items[name] as Item;
				if (kind === 'set') {
					item.dueMs = clock.now() + ms;
					deadlines.byAtLatest(item, item.dueMs);
				}
				if (kind === 'postpone' && item.index !== -1) item.dueMs += ms;
				if (kind === 'remove') {
					deadlines.remove(item);
					item.dueMs = Number.POSITIVE_INFINITY;
				}
				if (kind === 'pass') clock.advance(ms);
				expect(clock.pending).toBeLessThanOrEqual(1);
				for (const each of items) expect(each.dueMs).toBeGreaterThanOrEqual(clock.now());
			}
			clock.advance(50_000);
			expect(items.every(({ index }) => index === -1)).toBe(true);
			deadlines.clear();
			expect(clock.pending).toBe(0);
		}),
		{ numRuns: 300 },
	);
});

test('does not turn for ever around what is due again at once', () => {
	const clock = new FakeClock();
	let looks = 0;
	const deadlines = new Deadlines<Dated>(clock, {
		look: (_item, nowMs) => {
			looks++;
			return nowMs;
		},
		overslept() {},
	});
	deadlines.byAtLatest({ at: 0, order: 0, index: -1 }, 10);
	clock.advance(20);
	expect(looks).toBe(11);
	deadlines.clear();
});
