import type { Payload } from '@linkscope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ControlFrames } from './control-frames.js';

const frames = new ControlFrames('example', 'X');

/** Messages that look like control frames as often as not. */
const payloads = fc.oneof(
	fc.string({ unit: fc.constantFrom('\u0010', 'X', 'Y', '=', 's') }),
	fc.string(),
	fc.array(fc.constantFrom(0x10, 0x58, 0x59, 0x3d, 0)).map((bytes) => Uint8Array.from(bytes)),
	fc.uint8Array(),
);

function unwrap(frame: Payload): Payload {
	const kind = frames.kindOf(frame);
	if (kind === null) return frame;
	expect(kind).toBe('=');
	return frames.bodyOf(frame);
}

describe('control frames', () => {
	test('no message can be taken for one, and every message comes back as it was', () => {
		fc.assert(fc.property(payloads, (payload) => void expect(unwrap(frames.wrap(payload))).toEqual(payload)));
	});

	test('escaping nests, so the same plugin may be stacked', () => {
		fc.assert(fc.property(payloads, (payload) => void expect(unwrap(unwrap(frames.wrap(frames.wrap(payload))))).toEqual(payload)));
	});

	test('a message that looks like none passes as the very same object', () => {
		const bytes = new Uint8Array([0x10, 0x59]);
		expect(frames.wrap(bytes)).toBe(bytes);
		expect(frames.wrap('\u0010Y')).toBe('\u0010Y');
	});

	test('text and bytes are told apart by kind and carry their body', () => {
		expect(frames.kindOf(frames.text('q', 'body'))).toBe('q');
		expect(frames.bodyOf(frames.text('q', 'body'))).toBe('body');
		const frame = frames.bytes('q', 2);
		frames.bodyOf(frame).set([7, 8]);
		expect(frame).toEqual(new Uint8Array([0x10, 0x58, 0x71, 7, 8]));
		expect(frames.kindOf(frame)).toBe('q');
	});
});
