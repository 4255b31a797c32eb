export { nodePrimitives } from './backends/node.js';
export { loadSodiumPrimitives } from './backends/sodium.js';
export { defaultPrimitives } from './choose.js';
export * from './isomorphic.js';
