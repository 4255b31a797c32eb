// npm run packaging, after a build: proves that what would be published can be installed and used.
import { deepStrictEqual } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNPM } from './install.mjs';
import { publishedExports, readPackages } from './packages.mjs';
import { bundleForBrowser, compileConsumer, createConsumer, importEverywhere, shakeAway } from './packaging-consumer.mjs';
import { loadScriptTag } from './packaging-page.mjs';
import { capture, step } from './run.mjs';

const packages = readPackages();
const folder = mkdtempSync(join(tmpdir(), 'linkscope-packaging-'));
try {
	await step('publishConfig drops the source and nothing else', checkPublishConfig);
	const tarballs = await step('Packing', () => Promise.all(packages.map(pack)));
	await step('publint', () =>
		Promise.all(tarballs.map((tarball) => capture(process.execPath, ['node_modules/publint/src/cli.js', 'run', tarball, '--strict']))),
	);
	await step('Are the types wrong', () => Promise.all(tarballs.map(checkTypes)));
	const consumer = await step('Installing the tarballs', () => createConsumer(folder, packages, tarballs));
	await step('Importing every subpath in Node, as a module and by require', () => importEverywhere(consumer));
	await step('Compiling a strict TypeScript consumer (nodenext, bundler)', () => compileConsumer(consumer));
	await step('Shaking unused packages out of a bundle', () => shakeAway(consumer));
	await step('Bundling for a browser', () => bundleForBrowser(consumer));
	await step('Loading the script-tag bundle in a page', () => loadScriptTag(consumer));
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
} finally {
	rmSync(folder, { recursive: true, force: true });
}

function checkPublishConfig() {
	for (const { manifest } of packages) {
		deepStrictEqual(
			manifest.publishConfig.exports,
			publishedExports(manifest.exports),
			`${manifest.name}: publishConfig.exports is stale; run npm run publish-exports.`,
		);
	}
}

async function pack({ path, manifest }) {
	const tarball = join(folder, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);
	await capture('npx', ['-y', PNPM, 'pack', '--out', tarball], { cwd: path });
	return tarball;
}

// The oldest resolution of TypeScript knows no exports at all, so subpaths cannot exist there; node16 is the oldest that Node 20 needs.
function checkTypes(tarball) {
	return capture(process.execPath, ['node_modules/@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'node16', '--format', 'ascii']);
}
