import { mutateBytes } from './mutate-bytes.mjs';
import { mutateText } from './mutate-text.mjs';
import { Random } from './random.mjs';

const MAX_CHANGES = 8;

/** Input number `index` of a seed: a valid sample with one to eight changes. The same three arguments always give the same input. */
export function makeInput(samples, seed, index) {
	const random = new Random(seed, index);
	let input = random.pick(samples);
	const mutate = typeof input === 'string' ? mutateText : mutateBytes;
	for (let rest = 1 + random.below(MAX_CHANGES); rest > 0; rest--) input = mutate(input, random.pick(samples), random);
	return input;
}
