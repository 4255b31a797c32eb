import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import { dts } from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';
import { SOURCE_CONDITION } from './packages.mjs';
import { root } from './run.mjs';

const TARGET = 'es2022';

// Every import by name stays an import: packages are installed side by side and must share one copy of each other.
const isForeign = (id) => /^[^./\0]/.test(id) && !/^[A-Za-z]:[\\/]/.test(id);

/** JavaScript of one package in one format: all entries in one graph, so that what they share is one chunk and one state. */
export function codeOptions(pkg, format) {
	const extension = format === 'es' ? 'js' : 'cjs';
	return {
		input: inputOf(pkg, extension),
		external: isForeign,
		plugins: [nodeResolve({ extensions: ['.ts'] }), typescript()],
		output: { ...outputOf(pkg, extension), format, exports: 'named', hoistTransitiveImports: false, sourcemap: true },
	};
}

/** Type declarations of one package, once for import and once for require: a declaration says by its name which kind it describes. */
export function typesOptions(pkg) {
	return {
		input: inputOf(pkg, 'd'),
		external: isForeign,
		plugins: [dts({ tsconfig: join(pkg.path, 'tsconfig.json'), compilerOptions: { composite: false, incremental: false } })],
		output: ['d.ts', 'd.cts'].map((extension) => ({ ...outputOf(pkg, extension), format: 'es' })),
	};
}

/** One file for a script tag: the facade with everything it needs from a browser's side, installed on load. */
export function scriptTagOptions() {
	return {
		input: join(root, 'packages/linkscope/src/script-tag.ts'),
		plugins: [
			nodeResolve({ browser: true, exportConditions: [SOURCE_CONDITION, 'browser'], extensions: ['.ts', '.js'] }),
			commonjs(),
			typescript({ minify: true }),
		],
		// A script tag fetches one file: what is loaded when first needed elsewhere is inside here.
		output: {
			file: join(root, 'packages/linkscope/dist/linkscope.iife.js'),
			inlineDynamicImports: true,
			format: 'iife',
			name: 'linkscope',
			exports: 'named',
			sourcemap: true,
		},
	};
}

function typescript(options = {}) {
	return esbuild({ target: TARGET, tsconfig: join(root, 'tsconfig.base.json'), ...options });
}

function inputOf(pkg, format) {
	return Object.fromEntries(pkg.entries.filter((entry) => entry.formats.includes(format)).map((entry) => [entry.name, join(pkg.path, entry.source)]));
}

function outputOf(pkg, extension) {
	return { dir: join(pkg.path, 'dist'), entryFileNames: `[name].${extension}`, chunkFileNames: `chunks/[name]-[hash].${extension}` };
}
