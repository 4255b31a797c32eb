import { problemOf } from './fuzz-target.mjs';

const MAX_TRIES = 300;

/** The input without the pieces it can do without and still be a problem: for the person who reads it. */
export async function shrink(target, input) {
	let smallest = input;
	let tries = 0;
	for (let piece = Math.ceil(input.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
		for (let at = 0; at < smallest.length && tries < MAX_TRIES; tries++) {
			const candidate = without(smallest, at, piece);
			if ((await problemOf(target, candidate)) === null) at += piece;
			else smallest = candidate;
		}
	}
	return smallest;
}

function without(input, at, length) {
	if (typeof input === 'string') return input.slice(0, at) + input.slice(at + length);
	return Uint8Array.of(...input.subarray(0, at), ...input.subarray(at + length));
}
