import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;

test('every error code in the sources has a heading in docs/errors.md, and every heading a code', () => {
	const sources = readdirSync(`${root}packages`, { recursive: true, encoding: 'utf8' })
		.filter((path) => /^[\w-]+\/src\/.*\.ts$/.test(path) && !/\.test\.|\/testing\/(?!memory)|\.fixture\.|seed-snippets/.test(path))
		.map((path) => `packages/${path}`);
	const used = new Set<string>();
	for (const path of sources) {
		for (const [, code] of readFileSync(`${root}${path}`, 'utf8').matchAll(/(?:Error|fail|describe|super|Refused)\(\s*'([A-Z]+(?:_[A-Z]+)+)'/g))
			used.add(code as string);
	}
	const documented = readFileSync(`${root}docs/errors.md`, 'utf8').matchAll(/^### ([A-Z_]+)$/gm);
	const headings = new Set([...documented].map(([, code]) => code as string));
	expect([...used].filter((code) => !headings.has(code))).toEqual([]);
	const everything = sources.map((path) => readFileSync(`${root}${path}`, 'utf8')).join('\n');
	expect([...headings].filter((code) => !everything.includes(`'${code}'`) && !everything.includes(`${code}:`))).toEqual([]);
	expect(used.size).toBeGreaterThan(25);
});
