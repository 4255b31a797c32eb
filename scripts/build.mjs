// npm run build [-- folder …]: builds the packages (all, or those named) from what their package.json files promise.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { rollup } from 'rollup';
import { readPackages } from './packages.mjs';
import { codeOptions, scriptTagOptions, typesOptions } from './rollup-options.mjs';
import { root, runNode, step } from './run.mjs';

if (isMainThread) {
	await step('Building', main).catch((error) => {
		console.error(error.message);
		process.exit(1);
	});
} else await buildTypes(workerData);

async function main() {
	const named = process.argv.slice(2);
	const packages = readPackages().filter(({ folder }) => named.length === 0 || named.includes(folder));
	for (const { path } of packages) rmSync(join(path, 'dist'), { recursive: true, force: true });

	// Declarations take as long as all the rest; a thread of their own uses the second core.
	const types = inWorker(packages.map(({ folder }) => folder));
	for (const pkg of packages) {
		await write(codeOptions(pkg, 'es'));
		await write(codeOptions(pkg, 'cjs'));
	}
	if (packages.some(({ folder }) => folder === 'linkscope')) {
		await write(scriptTagOptions());
		await buildPlayground();
	}
	await types;
}

function inWorker(folders) {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL(import.meta.url), { workerData: folders });
		worker.once('error', reject);
		worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Building types ended with exit code ${code}.`))));
	});
}

async function buildTypes(folders) {
	for (const pkg of readPackages().filter(({ folder }) => folders.includes(folder))) await write(typesOptions(pkg));
}

async function write({ output, ...input }) {
	const bundle = await rollup({ ...input, onwarn: failOnWarning });
	for (const each of [output].flat()) await bundle.write(each);
	await bundle.close();
}

// A warning of rollup is a circular import, a guessed name or an import that resolves to nothing: none may be published.
function failOnWarning(warning) {
	// A module imported for its effect declares no types; its declaration file is rightly empty.
	if (warning.code !== 'EMPTY_BUNDLE') throw new Error(warning.message);
}

// The command serves the page from its own package, so that it also works where only that is installed.
async function buildPlayground() {
	const page = join(root, 'playground');
	const code = await runNode(join(root, 'node_modules/vite/bin/vite.js'), ['build', '--logLevel', 'warn'], { cwd: page });
	if (code !== 0) throw new Error(`Building the playground ended with exit code ${code}.`);
	cpSync(join(page, 'dist'), join(root, 'packages/linkscope/dist/playground'), { recursive: true });
}
