export { defaultPrimitives } from './choose.browser.js';
export * from './isomorphic.js';
