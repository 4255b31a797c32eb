import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** What a browser's bundler makes of a module that uses the facade. */
async function bundle(code: string): Promise<{ text: string; modules: string[] }> {
	const { outputFiles, metafile } = await build({
		stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
		bundle: true,
		write: false,
		minify: true,
		metafile: true,
		format: 'esm',
		platform: 'browser',
		conditions: ['browser', '@linkscope/source'],
		outfile: 'out.js',
	});
	const inputs = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {});
	return { text: outputFiles[0]?.text ?? '', modules: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path) };
}

describe('the facade in a browser bundle', () => {
	it('brings neither ws nor anything of Node', async () => {
		const { modules } = await bundle("export * from './index.browser.js'");
		expect(modules.filter((path) => /node_modules\/ws\/|websocket-server|transports\/src\/listener|\/cli\//.test(path))).toEqual([]);
	});

	it('leaves out what is not used', async () => {
		const { modules } = await bundle(
			"import { Connection, createMemoryPair } from './index.browser.js'; globalThis.x = new Connection(createMemoryPair()[0]);",
		);
		expect(modules.filter((path) => /compression|fragmentation|typed-messages|ping-pong|report-text|\/sync\/|\/files\/|object-store/.test(path))).toEqual([]);
	});

	it('brings no relay to who only dials an address', async () => {
		const { modules } = await bundle(
			"import { connect, createIdentity } from './index.browser.js'; globalThis.x = connect('wss://a', { identity: createIdentity() });",
		);
		expect(modules.filter((path) => /\/relays?\/|relay\.browser|resilience\/src\/(routes\/route-|pool|fleet)|accept-invite/.test(path))).toEqual([]);
	});
});
