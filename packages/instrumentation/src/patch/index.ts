import { type Clock, systemClock, type Unsubscribe } from '@linkscope/core';

export interface PatchOptions {
	/** Asked once per socket. */
	observes?(url: string): boolean;
	clock?: Clock;
}

export function patchWebSocket(options: PatchOptions = {}): Unsubscribe {
	void systemClock;
	void options;
	return () => {};
}

export function instrumentWs(ws: unknown, options: PatchOptions = {}): Unsubscribe {
	void ws;
	void options;
	return () => {};
}

export function instrumentUndici(undici: unknown, options: PatchOptions = {}): Unsubscribe {
	void undici;
	void options;
	return () => {};
}
