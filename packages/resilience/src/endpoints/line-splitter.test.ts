import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.js';

function split(chunks: readonly Buffer[], maxLineBytes: number) {
	const splitter = new LineSplitter(maxLineBytes);
	const lines: string[] = [];
	for (const chunk of chunks) {
		splitter.push(chunk);
		for (let line = splitter.next(); line !== null; line = splitter.next()) lines.push(line);
	}
	return { lines, last: splitter.last(), tooLong: splitter.tooLong };
}

test('lines are the same however their bytes are cut, and what is too long is left out and counted', () => {
	const line = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant(''), fc.constant('é🎈'));
	fc.assert(
		fc.property(fc.array(line), line, fc.array(fc.nat(40)), fc.integer({ min: 1, max: 60 }), (whole, rest, cuts, maxLineBytes) => {
			const clean = (text: string) => text.replace(/[\r\n]/g, '');
			const texts = whole.map(clean);
			const bytes = Buffer.from(texts.map((text) => `${text}\n`).join('') + clean(rest));
			const chunks: Buffer[] = [];
			let at = 0;
			for (const cut of cuts) {
				chunks.push(bytes.subarray(at, at + cut));
				at += cut;
			}
			chunks.push(bytes.subarray(at));
			const fits = (text: string) => Buffer.byteLength(text) <= maxLineBytes;
			const { lines, last, tooLong } = split(chunks, maxLineBytes);
			const asText = (text: string) => Buffer.from(text).toString();
			expect(lines).toEqual(texts.filter(fits).map(asText));
			expect(last).toBe(fits(clean(rest)) ? asText(clean(rest)) || null : null);
			expect(tooLong).toBe([...texts, clean(rest)].filter((text) => !fits(text)).length);
		}),
	);
});

test('the line ends of both worlds are taken off', () => {
	expect(split([Buffer.from('a\r\nb\n\r\nc\rd\r'), Buffer.from('\n')], 10).lines).toEqual(['a', 'b', '', 'c\rd']);
});

test('a line that never ends costs no more than its bound', () => {
	const splitter = new LineSplitter(1_000);
	const chunk = Buffer.alloc(1_048_576, 'x');
	const before = process.memoryUsage().arrayBuffers;
	for (let i = 0; i < 200; i++) {
		splitter.push(chunk);
		expect(splitter.next()).toBe(null);
	}
	expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6);
	splitter.push(Buffer.from('\nnext\n'));
	expect([splitter.next(), splitter.tooLong]).toEqual(['next', 1]);
});
