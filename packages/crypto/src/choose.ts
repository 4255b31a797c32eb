import { nodePrimitives } from './backends/node.js';
import type { Primitives } from './primitives.js';

/** The fastest backend of this platform. */
export function defaultPrimitives(): Primitives {
	return nodePrimitives;
}
