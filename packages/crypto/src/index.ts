export { nodePrimitives } from './backends/node.js';
export { defaultPrimitives } from './choose.js';
export * from './isomorphic.js';
