import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { fuzzTarget, problemOf } from './fuzz-target.mjs';
import { makeInput } from './make-input.mjs';
import { keepRegression, readRegressions } from './regression-files.mjs';
import { shrink } from './shrink.mjs';
import { TARGETS } from './targets/index.mjs';

type Input = string | Uint8Array;
type Target = { samples(): Input[]; run(input: Input): unknown; isExpected(error: Error): boolean };

const target = (samples: Input[], run: (input: Input) => unknown): Target => ({
	samples: () => samples,
	run,
	isExpected: (error) => error.message === 'documented',
});

describe('the fuzzer', () => {
	test('makes the same input of the same seed and index, and others of others', () => {
		for (const samples of [
			['{"type":"auth","v":1}', 'x#y'],
			[new Uint8Array(40), Uint8Array.of(1, 2, 3)],
		]) {
			const inputs = Array.from({ length: 300 }, (_, index) => makeInput(samples, 7, index));
			expect(Array.from({ length: 300 }, (_, index) => makeInput(samples, 7, index))).toEqual(inputs);
			expect(new Set(inputs.map(String)).size).toBeGreaterThan(250);
			expect(makeInput(samples, 8, 5)).not.toEqual(inputs[5]);
		}
		expect(makeInput(['', ''], 1, 1)).toBeTypeOf('string');
		expect(makeInput([new Uint8Array()], 1, 1)).toBeInstanceOf(Uint8Array);
	});

	test('counts what is taken, takes documented errors for refusals, and everything else for a crash', async () => {
		const crashing = target(['aaaa'], (text) => {
			if (String(text).includes('b')) throw new TypeError('undocumented');
			if (String(text).length > 4) throw new Error('documented');
		});
		const { findings, accepted, done } = await fuzzTarget(crashing, { seed: 1, count: 2000 });
		expect(findings.length).toBeGreaterThan(0);
		expect(findings[0]?.what).toContain('TypeError: undocumented');
		expect(String(findings[0]?.input)).toContain('b');
		expect(accepted).toBeGreaterThan(0);
		expect(done).toBeLessThanOrEqual(2000);
	});

	test('finds an input that blocks, and not one that was slow by chance', async () => {
		let chance = 0;
		const slow = target(['aaaa'], (text) => {
			const untilMs = performance.now() + (String(text) === 'block' || chance++ === 0 ? 60 : 0);
			while (performance.now() < untilMs);
		});
		expect((await fuzzTarget(slow, { seed: 1, count: 5 })).findings).toEqual([]);
		expect(await problemOf(slow, 'block')).toMatch(/^blocked the event loop for \d+ ms$/);
	});

	test('waits for a parser that is asynchronous', async () => {
		const late = target(['aaaa'], async () => {
			await Promise.resolve();
			throw new Error('late');
		});
		expect((await fuzzTarget(late, { seed: 1, count: 1 })).findings).toHaveLength(1);
	});

	test('finds the input whose rejection nobody handles', () => {
		// In a process of its own, because vitest watches for unhandled rejections too.
		const script = `
			import { fuzzTarget } from './fuzz-target.mjs';
			const run = (text) => void (text.includes('b') && Promise.reject(new Error('left alone')));
			console.log(JSON.stringify(await fuzzTarget({ samples: () => ['abcd'], run, isExpected: () => false }, { seed: 1, count: 500 })));`;
		const { findings } = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname, encoding: 'utf8' }));
		expect(findings[0].what).toContain('an unhandled rejection: Error: left alone');
		expect(findings[0].input).toContain('b');
	});

	test('shrinks what it found to what matters', async () => {
		const crashing = target([], (input) => {
			if (input.includes('b' as never) || input.includes(98 as never)) throw new TypeError('undocumented');
		});
		expect(await shrink(crashing, 'aaaaaaaaaaaabaaaaaaaaa')).toBe('b');
		expect(await shrink(crashing, Uint8Array.of(1, 2, 98, 3, 4))).toEqual(Uint8Array.of(98));
	});

	test('keeps what it found in a file that gives it back byte for byte', () => {
		const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
		try {
			for (const input of ['\ud800 "lone"', Uint8Array.of(0, 255, 10)]) keepRegression(folder, 'x', { input, what: 'TypeError: a\n    at b' });
			const kept = readRegressions(folder);
			expect(kept).toHaveLength(2);
			expect(kept.map(({ input }) => input)).toEqual(expect.arrayContaining(['\ud800 "lone"', Uint8Array.of(0, 255, 10)]));
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe.each(Object.entries(TARGETS))('%s', (_, parser) => {
	test('takes its own samples', async () => {
		for (const sample of parser.samples()) await parser.run(sample as never);
	});

	test('stands a first few hundred inputs', async () => {
		expect((await fuzzTarget(parser as Target, { seed: 1, count: 300 })).findings).toEqual([]);
	});
});

// Each was a problem once: what it was stands in the file.
test.each(readRegressions(join(import.meta.dirname, 'regressions')))('$file stays mended', async ({ target: name, input }) => {
	expect(await problemOf(TARGETS[name as keyof typeof TARGETS] as Target, input)).toBeNull();
});
