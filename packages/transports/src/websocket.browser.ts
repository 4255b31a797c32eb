import { browserSockets } from './browser-sockets.js';
import { dialOn } from './dial.js';
import type * as anywhere from './websocket.js';
import { wrapOn } from './wrap.js';

export { UpgradeRefusedError } from './upgrade-refused-error.js';
export type * from './websocket.js';

// What a browser's bundler takes instead of websocket.ts: the same without the parts for Node's `ws`.
export const dialWebSocket: typeof anywhere.dialWebSocket = (url, options = {}) => dialOn(browserSockets, url, options);
export const wrapWebSocket: typeof anywhere.wrapWebSocket = (socket, options = {}) => wrapOn(browserSockets, socket, options);
