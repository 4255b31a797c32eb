import { hub, type PayloadTap, type Unsubscribe } from '@linkscope/core';
import { showPayload } from './payload-shape.js';

/** Takes what is shown of a payload. @param show makes it, where somebody wants to see it. */
export type TellPayload = (id: string, direction: 'sent' | 'received', show: () => string) => void;

/** Has every payload lent, and shown as the mode allows. Whoever had them lent before goes on. */
export function lendPayloads(mode: 'shape' | 'full', tell: TellPayload): Unsubscribe {
	const before = hub.tap;
	const tap: PayloadTap = (id, direction, payload) => {
		before?.(id, direction, payload);
		tell(id, direction, () => showPayload(payload, mode));
	};
	hub.tap = tap;
	return () => {
		if (hub.tap === tap) hub.tap = before;
	};
}
