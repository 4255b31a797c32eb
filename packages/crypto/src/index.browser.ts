export * from './isomorphic.js';
