import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { capture, root } from './run.mjs';

/**
 * @typedef {object} Consumer an application that has installed the tarballs
 * @property {string} path its folder
 * @property {string[]} specifiers every import it could write, such as '@linkscope/core/testing'
 * @property {string[]} notInstalled optional peers, which it went without
 */

/** Installs tarballs as an application does: by npm, with the registry's packages beside them. @returns {Promise<Consumer>} */
export async function createConsumer(folder, packages, tarballs) {
	const path = join(folder, 'consumer');
	mkdirSync(path);
	const ours = Object.fromEntries(packages.map(({ manifest }, index) => [manifest.name, `file:${tarballs[index]}`]));
	// The overrides keep npm from asking the registry for our own packages, which may be older there.
	const overrides = Object.fromEntries(Object.keys(ours).map((name) => [name, `$${name}`]));
	const types = { '@types/node': '^20.19.0' };
	writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: { ...ours, ...types }, overrides }));
	await capture('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: path });
	const notInstalled = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependenciesMeta ?? {}));
	return { path, specifiers: packages.flatMap(({ manifest }) => specifiersOf(manifest)), notInstalled };
}

/** Both module systems must see the same names, or one of the two builds has lost something. */
export async function importEverywhere({ path, specifiers }) {
	const script = `
		import { createRequire } from 'node:module';
		const require = createRequire(import.meta.url);
		for (const specifier of ${JSON.stringify(specifiers)}) {
			const [imported, required] = [await import(specifier), require(specifier)].map((module) => Object.keys(module).sort().join());
			if (imported !== required) throw new Error(specifier + ' exports ' + imported + ' as a module but ' + required + ' by require.');
		}`;
	await runScript(path, 'import-everywhere.mjs', script);
}

/** Declarations must hold without skipLibCheck, as a module and by require, and under a bundler's rules. */
export async function compileConsumer({ path, specifiers }) {
	const imports = specifiers.map((specifier, index) => `import * as import${index} from '${specifier}';`);
	const all = `export const all: object[] = [${imports.map((_, index) => `import${index}`).join(', ')}];`;
	for (const extension of ['mts', 'cts']) {
		writeFileSync(join(path, `consumer.${extension}`), [...imports, all].join('\n'));
		// Each alone: what the one declares must not stand in for the other.
		for (const auto of AUTOS) writeFileSync(join(path, globalsFile(auto, extension)), `import '${auto}';\n${USE_OF_GLOBALS}`);
	}
	const strict = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: ['node'] };
	const nodenext = { ...strict, module: 'nodenext', moduleResolution: 'nodenext' };
	await compile(path, nodenext, ['consumer.mts', 'consumer.cts']);
	await compile(path, { ...strict, module: 'esnext', moduleResolution: 'bundler' }, ['consumer.mts']);
	for (const auto of AUTOS) for (const extension of ['mts', 'cts']) await compile(path, nodenext, [globalsFile(auto, extension)]);
}

const AUTOS = ['linkscope/auto', '@linkscope/instrumentation/auto'];
const USE_OF_GLOBALS = `
	const sent: number = getConnectionInstrumentationStats().connections.reduce((sum, { messagesSent }) => sum + messagesSent, 0);
	export const text: string = \`\${sent} \${globalThis.getConnectionInstrumentationReport()}\`;
	// @ts-expect-error: there is no such field, which only a declaration that is no any can tell.
	globalThis.getConnectionInstrumentationStats().nonsense;`;

function globalsFile(auto, extension) {
	return `globals-of-${auto.replace(/\W/g, '-')}.${extension}`;
}

/** `sideEffects` must be right: an import nobody uses leaves nothing in a bundle, except where the import itself is the purpose. */
export async function shakeAway({ path, specifiers, notInstalled }) {
	for (const specifier of specifiers) {
		const stdin = { contents: `import '${specifier}';`, resolveDir: path };
		const { outputFiles } = await build({
			stdin,
			external: notInstalled,
			bundle: true,
			write: false,
			platform: 'node',
			format: 'esm',
			minify: true,
			logOverride: { 'ignored-bare-import': 'silent' },
		});
		const leavesNothing = outputFiles[0].text.trim() === '';
		if (leavesNothing === specifier.endsWith('/auto'))
			throw new Error(`A bare import of ${specifier} ${leavesNothing ? 'is dropped by bundlers' : 'is kept by bundlers'}.`);
	}
}

/** In a page nothing of Node may be needed: whatever has no `-server` in its name must bundle, and without the ws package. */
export async function bundleForBrowser({ path, specifiers, notInstalled }) {
	const isomorphic = specifiers.filter((specifier) => !/-server$|\/node$/.test(specifier));
	const contents = isomorphic.map((specifier, index) => `export * as import${index} from '${specifier}';`).join('\n');
	const stdin = { contents, resolveDir: path };
	const { metafile } = await build({ stdin, external: notInstalled, bundle: true, write: false, format: 'esm', metafile: true, absWorkingDir: path });
	if ('node_modules/ws/wrapper.mjs' in metafile.inputs || 'node_modules/ws/browser.js' in metafile.inputs)
		throw new Error("A browser's bundle holds Node's ws.");
}

function specifiersOf({ name, exports }) {
	const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json');
	return subpaths.map((subpath) => name + subpath.slice(1));
}

function compile(path, compilerOptions, files) {
	const config = `tsconfig.${compilerOptions.moduleResolution}.json`;
	writeFileSync(join(path, config), JSON.stringify({ compilerOptions, files }));
	return capture(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { cwd: path });
}

function runScript(path, name, script) {
	writeFileSync(join(path, name), script);
	return capture(process.execPath, [name], { cwd: path });
}
