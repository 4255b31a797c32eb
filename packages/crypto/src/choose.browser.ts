import { noblePrimitives } from './backends/noble.js';
import type { Primitives } from './primitives.js';

/** The backend of browsers. */
export function defaultPrimitives(): Primitives {
	return noblePrimitives;
}
