import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { makeInput } from './make-input.mjs';

/**
 * A parser to be fuzzed.
 * @typedef {object} Target
 * @property {() => (string[] | Uint8Array[])} samples valid inputs, which are then mutated
 * @property {(input: string | Uint8Array) => void | Promise<void>} run parses one input, and throws where what came out is wrong
 * @property {(error: Error) => boolean} isExpected whether an error is one of those the parser documents
 *
 * @typedef {object} Finding
 * @property {number} index of the input
 * @property {string | Uint8Array} input
 * @property {string} what happened
 */

export const BLOCK_MS = 50;
const BATCH = 1000;
const MAX_FINDINGS = 10;

/**
 * Runs inputs from..to-1 of a seed and gives up after ten findings.
 * @param {Int32Array} [current] tells another thread the index of the input at work
 * @returns {Promise<{ findings: Finding[], slowestMs: number, accepted: number, done: number }>}
 */
export async function fuzzTarget(target, { seed, count, current = new Int32Array(1) }) {
	const samples = target.samples();
	const rejections = [];
	const onRejection = (reason) => void rejections.push(reason);
	process.on('unhandledRejection', onRejection);
	const result = { findings: [], slowestMs: 0, accepted: 0, done: 0 };
	try {
		for (let from = 0; from < count && result.findings.length < MAX_FINDINGS; from += BATCH) {
			const to = Math.min(from + BATCH, count);
			for (let index = from; index < to; index++) {
				current[0] = index;
				await tryInput(target, makeInput(samples, seed, index), index, result);
			}
			await turn();
			if (rejections.splice(0).length > 0) await findRejections(target, (index) => makeInput(samples, seed, index), { from, to, rejections, result });
			result.done = to;
		}
	} finally {
		process.off('unhandledRejection', onRejection);
	}
	return result;
}

async function tryInput(target, input, index, result) {
	const startMs = performance.now();
	const what = await outcome(target, input);
	const elapsedMs = performance.now() - startMs;
	if (what === null) result.accepted++;
	else if (what !== 'refused') result.findings.push({ index, input, what });
	if (elapsedMs <= result.slowestMs) return;
	// The machine may have been busy, or garbage was collected: what is slow stays slow.
	const slowestMs = Math.min(elapsedMs, await timeOf(target, input), await timeOf(target, input), await timeOf(target, input));
	result.slowestMs = Math.max(result.slowestMs, slowestMs);
	if (slowestMs > BLOCK_MS) result.findings.push({ index, input, what: `blocked the event loop for ${slowestMs.toFixed(0)} ms` });
}

/** null: taken; 'refused': with an error the parser documents; anything else is what went wrong. */
async function outcome(target, input) {
	try {
		const running = target.run(input);
		if (running) await running;
		return null;
	} catch (error) {
		return target.isExpected(error) ? 'refused' : describe(error);
	}
}

async function timeOf(target, input) {
	const startMs = performance.now();
	await outcome(target, input);
	return performance.now() - startMs;
}

/** Each input of a batch alone, with a turn behind it. */
async function findRejections(target, inputAt, { from, to, rejections, result }) {
	for (let index = from; index < to; index++) {
		const input = inputAt(index);
		await outcome(target, input);
		await turn();
		const [reason] = rejections.splice(0);
		if (reason !== undefined) result.findings.push({ index, input, what: `an unhandled rejection: ${describe(reason)}` });
	}
}

/** @returns what is wrong with one input, or null; to replay it and to shrink it. */
export async function problemOf(target, input) {
	const rejections = [];
	const onRejection = (reason) => void rejections.push(reason);
	process.on('unhandledRejection', onRejection);
	try {
		const slowestMs = Math.min(await timeOf(target, input), await timeOf(target, input));
		if (slowestMs > BLOCK_MS) return `blocked the event loop for ${slowestMs.toFixed(0)} ms`;
		const what = await outcome(target, input);
		await turn();
		if (rejections.length > 0) return `an unhandled rejection: ${describe(rejections[0])}`;
		return what === 'refused' ? null : what;
	} finally {
		process.off('unhandledRejection', onRejection);
	}
}

function describe(error) {
	return error instanceof Error ? (error.stack ?? String(error)) : `thrown: ${String(error)}`;
}
