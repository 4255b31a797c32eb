import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unmask, wordsOf } from './unmask.js';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

it('unmasks any stretch, wherever it lies in memory, however far it moves to the front', () => {
	fc.assert(
		fc.property(
			bytes(200),
			fc.uint8Array({ minLength: 4, maxLength: 4 }),
			fc.nat(40),
			fc.nat(5),
			fc.nat(3),
			fc.nat(3),
			fc.nat(3),
			(payload, mask, to, words, offset, slack, phase) => {
				const from = to + 4 * words;
				const memory = new Uint8Array(offset + from + payload.length + slack).fill(0xee);
				const view = memory.subarray(offset);
				view.set(payload, from);
				const tail = view.slice(from + payload.length);
				unmask(view, wordsOf(view), from, to, payload.length, mask, phase);
				expect([...view.subarray(to, to + payload.length)]).toEqual([...payload].map((byte, i) => byte ^ (mask[(phase + i) & 3] as number)));
				expect([...memory.subarray(0, offset + to)].every((byte) => byte === 0xee)).toBe(true);
				expect([...view.slice(from + payload.length)]).toEqual([...tail]);
			},
		),
	);
});
