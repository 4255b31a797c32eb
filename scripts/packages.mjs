import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** The condition under which tests and the type checker read the source; a published package does not have it. */
export const SOURCE_CONDITION = '@linkscope/source';

/**
 * @typedef {object} Entry one thing a package publishes
 * @property {string} name path below dist without extension, such as 'testing/index'
 * @property {string} source path below the package, such as 'src/testing/index.ts'
 * @property {string[]} formats of 'js', 'cjs' and 'd': what its targets in package.json ask for
 */

/**
 * @typedef {object} Package
 * @property {string} folder name below packages/
 * @property {string} path absolute
 * @property {object} manifest its package.json
 * @property {Entry[]} entries
 */

/** Every package that is published, read from the folders below packages/. @returns {Package[]} */
export function readPackages() {
	return readdirSync(join(root, 'packages')).map((folder) => {
		const path = join(root, 'packages', folder);
		const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
		return { folder, path, manifest, entries: entriesOf(manifest) };
	});
}

/**
 * Derives what must be built from package.json alone: each group of conditions in `exports` names its source and its
 * targets, and a `bin` is built from the source of its own name, as a module.
 * @returns {Entry[]}
 * @throws {Error} when a group names targets without a source or under different names
 */
export function entriesOf(manifest) {
	const groups = Object.values(manifest.exports ?? {}).flatMap(groupsOf);
	const bins = Object.values(manifest.bin ?? {}).map((target) => ({ source: `./src/${nameOf(target)}.ts`, targets: [target] }));
	return [...groups, ...bins].map(({ source, targets }) => {
		const names = new Set(targets.map(nameOf));
		if (!source || names.size !== 1)
			throw new Error(`${manifest.name}: a group of exports needs one ${SOURCE_CONDITION} and targets of one name, not ${targets.join(', ')}.`);
		return { name: [...names][0], source: source.replace('./', ''), formats: formatsOf(targets) };
	});
}

/** The conditions without the source: what users of the published package get. */
export function publishedExports(exports) {
	if (typeof exports === 'string') return exports;
	const kept = Object.entries(exports).filter(([condition]) => condition !== SOURCE_CONDITION);
	return Object.fromEntries(kept.map(([condition, value]) => [condition, publishedExports(value)]));
}

// A nested group (such as the browser's) that names a source of its own is an entry of its own.
function groupsOf(conditions) {
	if (typeof conditions === 'string') return [];
	const nested = Object.entries(conditions).filter(
		([condition, value]) => condition !== SOURCE_CONDITION && typeof value === 'object' && SOURCE_CONDITION in value,
	);
	const own = Object.fromEntries(Object.entries(conditions).filter(([condition]) => !nested.some(([name]) => name === condition)));
	const { [SOURCE_CONDITION]: source, ...targets } = own;
	return [{ source, targets: targetsOf(targets) }, ...nested.flatMap(([, value]) => groupsOf(value))];
}

function targetsOf(conditions) {
	return typeof conditions === 'string' ? [conditions] : Object.values(conditions).flatMap(targetsOf);
}

function nameOf(target) {
	return target.replace(/^\.\/dist\//, '').replace(/(\.d)?\.(c?[jt]s)$/, '');
}

function formatsOf(targets) {
	const has = (pattern) => targets.some((target) => pattern.test(target));
	return [has(/\.js$/) && 'js', has(/\.cjs$/) && 'cjs', has(/\.d\.c?ts$/) && 'd'].filter(Boolean);
}
