import { nodePrimitives } from './backends/node.js';
import { loadSodiumPrimitives } from './backends/sodium.js';
import type { Primitives } from './primitives.js';

let chosen: Primitives | undefined;

/** The fastest backend of this machine: node:crypto, with sodium-native for what that does faster where it is installed. Looked for once. */
export function defaultPrimitives(): Primitives {
	chosen ??= loadSodiumPrimitives() ?? nodePrimitives;
	return chosen;
}
