// What the command needs of the targets, in one bundle.
export { makeInput } from './make-input.mjs';
export { TARGETS } from './targets/index.mjs';
