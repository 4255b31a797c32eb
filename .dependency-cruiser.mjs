// The rooms of the house and which may import which; docs/architecture.md says why. Run by `npm run layering`.
const room = (name) => `^packages/${name}/`;
// Tests, and the helpers beside them: named test-… or kept in a folder named fixtures.
const tests = '([.]test[.](ts|tsx|js)|/test-[^/]+[.]ts)$|/fixtures/';
const testing = '^packages/core/src/testing/';

/** What a room may import besides itself, packages from the registry and Node. */
const mayImport = (name, ...below) => ({
	name: `${name}-imports-downward`,
	comment: `packages/${name} may import only ${['itself', ...below].join(', ')}; move what it needs down, or the importing code up.`,
	severity: 'error',
	from: { path: room(name), pathNot: tests },
	to: { path: '^(packages|playground|bench|e2e|examples|scripts)/', pathNot: [name, ...below].map(room) },
});

export default {
	forbidden: [
		mayImport('core'),
		mayImport('transports', 'core', 'crypto'),
		mayImport('resilience', 'core'),
		mayImport('relay-server', 'core', 'crypto'),
		mayImport('crypto'),
		mayImport('plugins', 'core', 'crypto'),
		mayImport('instrumentation', 'core'),
		mayImport('linkscope', 'core', 'crypto', 'transports', 'plugins', 'instrumentation', 'resilience', 'relay-server'),
		{
			name: 'core-depends-on-nothing',
			comment: 'core runs wherever JavaScript does: no package of the registry and nothing of Node.',
			severity: 'error',
			from: { path: room('core'), pathNot: [tests, testing] },
			to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'] },
		},
		{
			name: 'no-testing-code-in-production',
			comment: 'Fakes and suites are for tests; the memory transport alone is made of the same pair as the tests.',
			severity: 'error',
			from: { path: '^packages/', pathNot: [tests, '/testing/', '^packages/transports/src/memory[.]ts$'] },
			to: { path: [testing, '/testing/', tests] },
		},
		{
			name: 'no-circular',
			comment: 'A circle has no bottom: nothing in it can be loaded first. A type is erased, so a part may name the whole it belongs to.',
			severity: 'error',
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
		},
		{
			name: 'no-way-into-a-package',
			comment: 'Packages are imported by name and only through what they export.',
			severity: 'error',
			from: { path: '^packages/([^/]+)/' },
			to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
		},
		{
			name: 'could-not-resolve',
			comment: 'An import nobody can find is an import no rule has judged.',
			severity: 'error',
			from: {},
			to: { couldNotResolve: true },
		},
		{
			name: 'declared-dependencies',
			comment: 'Published code may import only what its package.json installs for its users.',
			severity: 'error',
			from: { path: '^packages/[^/]+/src/', pathNot: tests },
			// A peer that users may leave out is here a dev-dependency as well.
			to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
		},
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: ['^packages/[^/]+/dist/', '^playground/dist/'] },
		tsPreCompilationDeps: true,
		combinedDependencies: false,
		tsConfig: { fileName: 'tsconfig.base.json' },
		enhancedResolveOptions: {
			exportsFields: ['exports'],
			conditionNames: ['@linkscope/source', 'types', 'import', 'require', 'node', 'default'],
			extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
		},
	},
};
