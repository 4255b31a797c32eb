export { type DialOptions, type DialUrl, dialWebSocket } from './dial.js';
export type { WebSocketLike } from './raw-socket.js';
export { UpgradeRefusedError } from './upgrade-refused-error.js';
export type { WebSocketTransportOptions } from './websocket-transport.js';
export { type WrapOptions, wrapWebSocket } from './wrap.js';
