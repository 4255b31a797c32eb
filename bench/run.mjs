// npm run bench [-- name …] [--quick] [--out docs/performance.md]: measures, prints, and writes the tables into a page.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bundleSides } from './harness/bundle.mjs';
import { replaceRegion } from './harness/document.mjs';
import { describeCommit, describeLoad, describeMachine } from './harness/machine.mjs';
import { markdownTable, plainTable } from './harness/table.mjs';

const NAMES = [
	'echo',
	'secure-echo',
	'secure-setup',
	'invite-flow',
	'relay-splice',
	'relay-capacity',
	'crypto',
	'pass-through',
	'patch-node',
	'patch-browser',
	'stats',
	'memory',
	'sessions',
	'fleet-simulation',
	'relay-cluster',
	'policies',
	'reconnect',
];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } } });
const unknown = positionals.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
	console.error(`There is no bench ${unknown.join(', ')}; there are: ${NAMES.join(', ')}.`);
	process.exit(2);
}

console.log(`${describeMachine()}; ${describeLoad()}; ${describeCommit()}`);
for (const name of positionals.length > 0 ? positionals : NAMES) await runBench(name);

async function runBench(name) {
	const bench = await import(`./benches/${name}.mjs`);
	await bundleSides(bench.sides);
	console.log(`\n${bench.title} (${name}; ${describeLoad()})`);
	const figures = await bench.run({ quick: values.quick });
	console.log(plainTable(bench.head, figures));
	if (values.out) write(name, `${madeBy(name)}\n\n${markdownTable(bench.head, figures)}\n\n${bench.notes}`);
}

function madeBy(name) {
	const command = ['npm run bench --', name, ...(values.quick ? ['--quick'] : [])].join(' ');
	return `\`${command}\` on ${new Date().toISOString().slice(0, 10)}, commit ${describeCommit()}, ${describeMachine()}, ${describeLoad()}`;
}

function write(name, text) {
	writeFileSync(values.out, replaceRegion(readFileSync(values.out, 'utf8'), name, text));
}
