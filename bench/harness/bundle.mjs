import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../', import.meta.url));
const out = join(folder, 'dist');

const shared = {
	bundle: true,
	format: 'esm',
	target: 'es2022',
	logLevel: 'warning',
	conditions: ['@linkscope/source'],
	// One copy of ws for what is measured and what it is measured against; isomorphic-ws is ws in Node. Addons are found beside their own files.
	external: [
		...['ws', 'sodium-native', '@hyperswarm/secret-stream'],
		...['aedes', 'mqtt', 'partysocket', 'reconnecting-websocket', 'socket.io', 'socket.io-client'],
	],
	alias: { 'isomorphic-ws': 'ws' },
};

// A CommonJS dependency asks for Node's own modules by require.
const require = "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * Bundles sides into one ES module each, as an application's bundler does, so that a bench needs no build before it
 * and measures the source as it stands. Those named page-… are for a browser.
 * @param {readonly string[]} names of files in sides/, without their extension
 */
export async function bundleSides(names) {
	const [pages, sides] = [names.filter((name) => name.startsWith('page-')), names.filter((name) => !name.startsWith('page-'))];
	await bundleForNode(sides.map((name) => join(folder, 'sides', `${name}.mjs`)));
	await bundle(
		'browser',
		pages.map((name) => join(folder, 'sides', `${name}.mjs`)),
	);
}

/** The same for any scripts. */
export async function bundleForNode(entryPoints) {
	await bundle('node', entryPoints);
}

async function bundle(platform, entryPoints) {
	const banner = platform === 'node' ? { js: require } : {};
	await build({ ...shared, platform, banner, entryPoints, outdir: out, outExtension: { '.js': '.mjs' } });
}

/** Path of a bundled script. */
export function sidePath(name) {
	return join(out, `${name}.mjs`);
}
