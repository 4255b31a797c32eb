import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from './packages.mjs';
import { root } from './run.mjs';

/** Whether everything that the command needs was built after the last change of a source. */
export function isBuilt() {
	const packages = readPackages();
	const built = packages.flatMap(({ path, entries }) =>
		entries.flatMap(({ name, formats }) => ['js', ...(formats.includes('d') ? ['d.ts'] : [])].map((extension) => join(path, 'dist', `${name}.${extension}`))),
	);
	built.push(join(root, 'packages/linkscope/dist/playground/index.html'));
	if (!built.every((file) => existsSync(file))) return false;
	const sources = packages.flatMap(({ path }) => [join(path, 'package.json'), ...filesBelow(join(path, 'src'))]);
	const page = ['index.html', 'vite.config.ts', 'package.json'].map((name) => join(root, 'playground', name));
	const others = [...filesBelow(join(root, 'playground/src')), ...page, ...filesBelow(join(root, 'scripts')), join(root, 'pnpm-lock.yaml')];
	return Math.min(...built.map(changedAt)) > Math.max(...[...sources, ...others].map(changedAt));
}

function filesBelow(folder) {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));
}

function changedAt(file) {
	return statSync(file).mtimeMs;
}
