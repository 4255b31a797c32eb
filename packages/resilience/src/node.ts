// What needs Node: sockets.
export { LineStream, type LineStreamOptions, type LineStreamSnapshot } from './endpoints/line-stream.js';
