// One target in a thread of its own; and, bundled, the way of run.mjs to the targets.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fuzzTarget } from './fuzz-target.mjs';
import { shrink } from './shrink.mjs';
import { TARGETS } from './targets/index.mjs';

export { makeInput } from './make-input.mjs';
export { TARGETS };

if (!isMainThread) {
	const { name, seed, count, current } = workerData;
	const result = await fuzzTarget(TARGETS[name], { seed, count, current });
	for (const finding of result.findings) finding.input = await shrink(TARGETS[name], finding.input);
	parentPort.postMessage(result);
}
