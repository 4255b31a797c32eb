import type { Unsubscribe } from '@linkscope/core';
import { isObserved, type Settings } from './options.js';
import { patchWebSocket } from './patch/index.js';

/** Lets the patch tell of the WebSockets of foreign code; without a global WebSocket it has nothing to do. */
export function observeSockets(settings: () => Settings): Unsubscribe {
	return patchWebSocket({ observes: (url) => isObserved(settings(), url), clock: settings().clock, workers: settings().workers });
}
