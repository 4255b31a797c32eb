import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeClock } from './testing/fake-clock.js';

test('timers run by their time, those of one time in the order they were made, and none that was cancelled', () => {
	const step = fc.record({ ms: fc.integer({ min: 0, max: 20 }), cancels: fc.boolean(), whichCancelled: fc.nat() });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const clock = new FakeClock();
			const ran: number[] = [];
			const waiting: { at: number; id: number; cancel: () => void }[] = [];
			for (const [id, { ms, cancels, whichCancelled }] of steps.entries()) {
				waiting.push({ at: ms, id, cancel: clock.after(ms, () => ran.push(id)) });
				if (!cancels) continue;
				const [gone] = waiting.splice(whichCancelled % waiting.length, 1);
				gone?.cancel();
				gone?.cancel();
			}
			expect(clock.pending).toBe(waiting.length);
			clock.advance(20);
			expect(ran).toEqual(waiting.sort((one, other) => one.at - other.at || one.id - other.id).map(({ id }) => id));
			expect(clock.pending).toBe(0);
		}),
	);
});

test('a timer cancelled by one due at the same time does not run, nor does its undo harm another afterwards', () => {
	const clock = new FakeClock();
	const ran: string[] = [];
	let cancelSecond = (): void => {};
	const cancelFirst = clock.after(1, () => {
		ran.push('first');
		cancelSecond();
	});
	cancelSecond = clock.after(1, () => ran.push('second'));
	clock.after(1, () => ran.push('third'));
	clock.advance(1);
	clock.after(1, () => ran.push('fourth'));
	cancelFirst();
	clock.advance(1);
	expect(ran).toEqual(['first', 'third', 'fourth']);
});
