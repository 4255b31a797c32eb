import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { BACKENDS } from './fixtures/backends.js';
import { runNoiseVector } from './fixtures/noise-vector-run.js';
import { NOISE_VECTORS, type NoiseVector } from './fixtures/noise-vectors.js';

const all = new URL('../../../../shared/vectors/noise-cacophony.json', import.meta.url);
const found = existsSync(all);
const vectors: NoiseVector[] = found ? JSON.parse(readFileSync(all, 'utf8')).vectors : NOISE_VECTORS;

describe.each(BACKENDS)('Noise through $name', (primitives) => {
	test.each(vectors)('speaks $protocol_name as published', (vector) => runNoiseVector(vector, primitives));

	if (!found) test.skip('the other 28 public vectors: the folder ../shared is not here');
});
