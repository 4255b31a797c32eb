export { type FullJitterOptions, fullJitter } from './full-jitter.js';
