import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';

async function bundle(entry: string, platform: 'browser' | 'node') {
	const { metafile, outputFiles } = await build({
		entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
		bundle: true,
		splitting: true,
		write: false,
		metafile: true,
		platform,
		format: 'esm',
		outdir: 'out',
		conditions: ['@linkscope/source'],
	});
	return { metafile, text: outputFiles.map((file) => file.text).join('') };
}

/** The modules in the entry and in what it imports, without what it fetches later. */
function loadedAtStart({ outputs }: Metafile): string[] {
	const pending = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.includes('/index'));
	const loaded = new Set<string>();
	for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
		loaded.add(path);
		const imports = outputs[path]?.imports ?? [];
		pending.push(...imports.filter((each) => each.kind === 'import-statement' && each.path in outputs && !loaded.has(each.path)).map((each) => each.path));
	}
	return [...loaded].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
}

test('a bundle for browsers holds nothing of Node, nothing of libsodium and no BLAKE2', async () => {
	const { metafile, text } = await bundle('index.browser.ts', 'browser');
	const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
	expect(imports.filter(({ path, external }) => external || path.startsWith('node:')).map(({ path }) => path)).toEqual([]);
	expect(Object.keys(metafile.inputs).filter((path) => /backends\/(node|sodium)|sodium-native|blake2[.]js/.test(path))).toEqual([]);
	expect(text).not.toMatch(/createRequire|sodium-native|node:/);
});

test('a page loads AES and scrypt when somebody asks for them', async () => {
	const { metafile } = await bundle('index.browser.ts', 'browser');
	const later = /ciphers\/(aes|_polyval)[.]js|scrypt[.]js/;
	expect(Object.keys(metafile.inputs).filter((path) => later.test(path))).toHaveLength(3);
	const atStart = loadedAtStart(metafile);
	expect(atStart.filter((path) => later.test(path))).toEqual([]);
	expect(atStart.some((path) => path.endsWith('ciphers/chacha.js'))).toBe(true);
});

test('Node, whose own backends do the work, loads no ciphers and curves in JavaScript', async () => {
	const { metafile } = await bundle('index.ts', 'node');
	const atStart = loadedAtStart(metafile);
	expect(atStart.filter((path) => /@noble\/(ciphers|curves|ed25519)|backends\/noble/.test(path))).toEqual([]);
	expect(atStart.some((path) => path.endsWith('backends/node.ts'))).toBe(true);
});
