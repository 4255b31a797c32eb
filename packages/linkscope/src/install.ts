import type { Unsubscribe } from '@linkscope/core';
import { type InstrumentationOptions, installInstrumentation as installOnly } from '@linkscope/instrumentation';
import { instrumentCopiesOfWs } from './ws-copies.js';

/**
 * Observes every connection of the process from here on: the global WebSocket, every copy of `ws`, and what has linkscope
 * inside. Puts `getConnectionInstrumentationStats` and `getConnectionInstrumentationReport` on globalThis. Installing again
 * adds nothing but its options, which go over the earlier ones.
 * @returns uninstall; when every install is undone, everything is as it was, except what others patched meanwhile.
 * @throws RangeError or TypeError naming a bad option.
 */
export function installInstrumentation(options: InstrumentationOptions = {}): Unsubscribe {
	const uninstall = installOnly(options);
	const forgetWs = instrumentCopiesOfWs();
	return () => {
		forgetWs();
		uninstall();
	};
}
