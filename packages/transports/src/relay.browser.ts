import { createRelayListenerOn } from './relay/listener.js';
import { dialRelayOn, openRelayOn } from './relay/open-relay.js';
import type * as anywhere from './relay.js';
import { dialWebSocket } from './websocket.browser.js';

export { relayOrigin } from '@linkscope/crypto';
export type * from './relay.js';

// What a browser's bundler takes instead of relay.ts: the same over the WebSocket of the page.
export const openRelay: typeof anywhere.openRelay = (url, options, signal) => openRelayOn(dialWebSocket, url, options, signal);
export const dialRelay: typeof anywhere.dialRelay = (url, options) => dialRelayOn(dialWebSocket, url, options);
export const createRelayListener: typeof anywhere.createRelayListener = (options) => createRelayListenerOn(dialWebSocket, options);
