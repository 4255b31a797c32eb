import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('a bundle for browsers holds nothing of Node, nothing of libsodium and no BLAKE2', async () => {
	const { metafile, outputFiles } = await build({
		entryPoints: [fileURLToPath(new URL('index.browser.ts', import.meta.url))],
		bundle: true,
		write: false,
		metafile: true,
		platform: 'browser',
		format: 'esm',
		conditions: ['@linkscope/source'],
	});
	const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
	expect(imports.filter(({ path, external }) => external || path.startsWith('node:')).map(({ path }) => path)).toEqual([]);
	expect(Object.keys(metafile.inputs).filter((path) => /backends\/(node|sodium)|sodium-native|blake2[.]js/.test(path))).toEqual([]);
	expect(outputFiles[0]?.text).not.toMatch(/createRequire|sodium-native|node:/);
});
