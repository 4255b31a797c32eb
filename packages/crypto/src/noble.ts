// The backend of browsers by its own name: for whoever compares backends, and for runtimes without node:crypto.
export { noblePrimitives } from './backends/noble.js';
