import { expect, test } from 'vitest';
import { showPayload } from './payload-shape.js';

test('each mode shows what it says and no more', () => {
	const message = '{"type":"auth","token":"SECRET","n":[1,2],"deep":{"x":null}}';
	expect(showPayload(message, 'none')).toBe('');
	expect(showPayload(message, 'size')).toBe('60 bytes');
	expect(showPayload(message, 'shape')).toBe('{type: string, token: string, n: [number, 2], deep: {x: null}}');
	expect(showPayload(message, 'full')).toBe(message);
});

test('bytes are shown as their number in every mode', () => {
	expect(showPayload(new Uint8Array(3), 'size')).toBe('3 bytes');
	expect(showPayload(new Uint8Array(3), 'shape')).toBe('binary 3 bytes');
	expect(showPayload(new Uint8Array(3), 'full')).toBe('binary 3 bytes');
});

test('hostile messages stay short, on one line, and throw nothing', () => {
	expect(showPayload('{"a', 'shape')).toBe('text 3 bytes');
	expect(showPayload('hello', 'shape')).toBe('text 5 bytes');
	expect(showPayload('['.repeat(5000) + ']'.repeat(5000), 'shape')).toBe('[[[[…, 1], 1], 1], 1]');
	expect(showPayload('{"\\n\\u202e":1}', 'shape')).toBe('{\\u{a}\\u{202e}: number}');
	expect(showPayload('a\nb'.repeat(1000), 'full').length).toBeLessThan(400);
	const many = JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])));
	expect(showPayload(many, 'shape').length).toBeLessThanOrEqual(200);
});
