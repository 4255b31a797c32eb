import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import typescript from 'rollup-plugin-esbuild';
import * as vite from 'vite';
import { expect, test } from 'vitest';

/** An application that dials in private, as each bundler takes the browser's entry apart. */
const APPLICATION = fileURLToPath(new URL('fixtures/secure-page.ts', import.meta.url));
const CONDITIONS = ['browser', '@linkscope/source'];

interface Chunk {
	readonly isEntry: boolean;
	/** Files that are loaded with it. */
	readonly imports: readonly string[];
	readonly modules: readonly string[];
}

const bundlers: Record<string, () => Promise<Map<string, Chunk>>> = {
	async esbuild() {
		const { metafile } = await esbuild.build({
			entryPoints: [APPLICATION],
			bundle: true,
			splitting: true,
			format: 'esm',
			platform: 'browser',
			conditions: CONDITIONS,
			write: false,
			metafile: true,
			outdir: 'out',
		});
		return new Map(
			Object.entries(metafile.outputs).map(([file, { entryPoint, imports, inputs }]) => [
				file,
				{
					isEntry: entryPoint?.endsWith('secure-page.ts') ?? false,
					imports: imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path),
					modules: Object.keys(inputs),
				},
			]),
		);
	},
	async rollup() {
		const bundle = await rollup({
			input: APPLICATION,
			plugins: [nodeResolve({ browser: true, exportConditions: CONDITIONS, extensions: ['.ts', '.js'] }), commonjs(), typescript()],
		});
		const { output } = await bundle.generate({ format: 'es' });
		return chunksOf(output);
	},
	async vite() {
		const result = await vite.build({
			configFile: false,
			logLevel: 'silent',
			resolve: { conditions: CONDITIONS },
			build: { write: false, rollupOptions: { input: APPLICATION } },
		});
		return chunksOf((result as vite.Rollup.RollupOutput).output);
	},
};

interface Output {
	readonly type: string;
	readonly fileName: string;
	readonly isEntry?: boolean;
	readonly imports?: readonly string[];
	readonly moduleIds?: readonly string[];
}

function chunksOf(output: readonly Output[]): Map<string, Chunk> {
	const chunks = output.filter(({ type }) => type === 'chunk');
	return new Map(chunks.map(({ fileName, isEntry = false, imports = [], moduleIds = [] }) => [fileName, { isEntry, imports, modules: moduleIds }]));
}

function loadedAtStart(chunks: Map<string, Chunk>): Chunk[] {
	const files = new Set([...chunks].filter(([, { isEntry }]) => isEntry).map(([file]) => file));
	for (const file of files) for (const other of chunks.get(file)?.imports ?? []) files.add(other);
	return [...files].flatMap((file) => chunks.get(file) ?? []);
}

// What a page needs only when a peer chooses another suite, or somebody types a passphrase.
const LATER = /tweetnacl|ciphers\/aes|hashes\/scrypt/;

test.each(Object.entries(bundlers))('%s puts tweetnacl, AES and scrypt into chunks that are fetched when first needed', async (_, build) => {
	const chunks = await build();
	const all = [...chunks.values()].flatMap(({ modules }) => modules);
	for (const part of ['tweetnacl', 'ciphers/aes', 'hashes/scrypt']) expect(all.some((module) => module.includes(part))).toBe(true);
	const atStart = loadedAtStart(chunks).flatMap(({ modules }) => modules);
	expect(atStart.some((module) => module.includes('noble.ts'))).toBe(true);
	expect(atStart.filter((module) => LATER.test(module))).toEqual([]);
});

test.each(['rollup', 'vite'])('%s gives a page one file to start with', async (name) => {
	expect(loadedAtStart(await (bundlers[name] as () => Promise<Map<string, Chunk>>)())).toHaveLength(1);
});
