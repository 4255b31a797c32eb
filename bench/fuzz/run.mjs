// npm run fuzz [-- --target name …] [--count 1000000] [--seed 1]: mutated inputs for every parser; 1 where one is a problem.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { bundleForNode, sidePath } from '../harness/bundle.mjs';
import { keepRegression } from './regression-files.mjs';

const HANG_MS = 30_000;
const PROGRESS_MS = 2_000;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
	options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, target: { type: 'string', multiple: true } },
});
const [count, seed] = [wholeNumber('count', 1), wholeNumber('seed', 0)];

await bundleForNode([here('worker.mjs')]);
const { TARGETS, makeInput } = await import(sidePath('worker'));
const names = values.target ?? Object.keys(TARGETS);
const unknown = names.filter((name) => !Object.hasOwn(TARGETS, name));
if (unknown.length > 0) fail(`There is no target ${unknown.join(', ')}; there are: ${Object.keys(TARGETS).join(', ')}.`);

console.log(`${count.toLocaleString('en-US')} inputs each, seed ${seed}`);
for (const name of names) await fuzz(name);

async function fuzz(name) {
	const startMs = performance.now();
	const { findings, slowestMs, accepted, done } = await runWorker(name);
	const seconds = (performance.now() - startMs) / 1000;
	const share = ((accepted / Math.max(1, done)) * 100).toFixed(1);
	const summary = `${done.toLocaleString('en-US')} inputs in ${seconds.toFixed(1)} s, ${share} % taken, slowest ${slowestMs.toFixed(2)} ms`;
	console.log(`${name}: ${summary}, ${findings.length === 0 ? 'no problem' : `${findings.length} problems`}`);
	for (const finding of findings) {
		console.log(`\ninput ${finding.index}: ${finding.what}\nkept as ${keepRegression(here('regressions'), name, finding)}`);
		process.exitCode = 1;
	}
}

/** In a thread, so that an input that never ends is found too. */
function runWorker(name) {
	const current = new Int32Array(new SharedArrayBuffer(4));
	const worker = new Worker(sidePath('worker'), { workerData: { name, seed, count, current } });
	return new Promise((resolve, reject) => {
		let last = { index: -1, atMs: performance.now() };
		const watch = setInterval(() => {
			const index = Atomics.load(current, 0);
			if (index !== last.index) last = { index, atMs: performance.now() };
			else if (index < count - 1 && performance.now() - last.atMs > HANG_MS) end({ index, what: `did not end within ${HANG_MS / 1000} s` });
			console.log(`${name}: ${index.toLocaleString('en-US')} of ${count.toLocaleString('en-US')}`);
		}, PROGRESS_MS);
		const end = ({ index, what }) => {
			clearInterval(watch);
			void worker.terminate();
			const input = makeInput(TARGETS[name].samples(), seed, index);
			resolve({ findings: [{ index, input, what }], slowestMs: HANG_MS, accepted: 0, done: index });
		};
		worker.once('message', (result) => {
			clearInterval(watch);
			resolve(result);
		});
		// Nothing a parser throws gets here: the worker itself is broken, or out of memory.
		worker.once('error', (error) => {
			clearInterval(watch);
			if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') end({ index: Atomics.load(current, 0), what: 'used up the memory' });
			else reject(error);
		});
	});
}

function wholeNumber(name, least) {
	const value = Number(values[name]);
	if (!Number.isInteger(value) || value < least || value >= 2 ** 31) fail(`--${name} must be a whole number from ${least} to 2147483647, got ${values[name]}.`);
	return value;
}

function fail(text) {
	console.error(text);
	process.exit(2);
}
