import { describe, expect, it } from 'vitest';
import { entriesOf, publishedExports } from './packages.mjs';

const both = (name: string) => ({
	'@linkscope/source': `./src/${name}.ts`,
	import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
	require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
});

describe('what is built', () => {
	it('is each subpath in each format it promises, from the source it names', () => {
		expect(entriesOf({ exports: { '.': both('index'), './testing': both('testing/index'), './package.json': './package.json' } })).toEqual([
			{ name: 'index', source: 'src/index.ts', formats: ['js', 'cjs', 'd'] },
			{ name: 'testing/index', source: 'src/testing/index.ts', formats: ['js', 'cjs', 'd'] },
		]);
	});

	it("includes a browser's twin that has a source of its own", () => {
		const names = entriesOf({ exports: { '.': { browser: both('index.browser'), ...both('index') } } }).map(({ name }) => name);
		expect(names.sort()).toEqual(['index', 'index.browser']);
	});

	it('includes a command, as a module only', () => {
		expect(entriesOf({ bin: { tool: './dist/cli.js' } })).toEqual([{ name: 'cli', source: 'src/cli.ts', formats: ['js'] }]);
	});

	it.each([
		['no source', { import: './dist/index.js' }],
		['targets of two names', { ...both('index'), default: './dist/other.js' }],
		['a source and no target', { '@linkscope/source': './src/index.ts' }],
	])('refuses a subpath with %s, naming the package', (_, group) => {
		expect(() => entriesOf({ name: 'ours', exports: { '.': group } })).toThrow(/^ours: /);
	});
});

describe('what is published', () => {
	it('is everything but the source, at every depth and in the same order', () => {
		const published = publishedExports({ '.': { browser: both('index.browser'), ...both('index') }, './package.json': './package.json' });
		expect(JSON.stringify(published)).not.toContain('source');
		expect(Object.keys(published['.'])).toEqual(['browser', 'import', 'require']);
		expect(published['./package.json']).toBe('./package.json');
	});
});
