export { createWebSocketListener, type WebSocketListener } from './listener.js';
export type { Accepted, ListenerOptions, UpgradeRequest } from './listener-options.js';
