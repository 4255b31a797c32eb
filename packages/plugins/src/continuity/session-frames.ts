import type { Payload } from '@linkscope/core';
import { ControlFrames } from '../control-frames.js';

export const ACKNOWLEDGED = 'a';
export const END = 'e';
export const UNNUMBERED = 'u';

const COUNT = /^[0-9a-z]{1,11}$/;

/** The control frames of a session. */
export class SessionFrames extends ControlFrames {
	constructor() {
		super('continuity', 'S');
	}

	/** 'a' or 'e': so many messages were received. */
	counting(kind: string, received: number): string {
		return this.text(kind, received.toString(36));
	}

	/** The only form: no zeros in front, and exact as a number. @throws PluginError MALFORMED_FRAME. */
	countIn(body: Payload): number {
		if (typeof body === 'string' && COUNT.test(body)) {
			const count = Number.parseInt(body, 36);
			if (count.toString(36) === body && Number.isSafeInteger(count)) return count;
		}
		throw this.malformed('a frame without the number of messages');
	}

	/** A frame that belongs to the connection, not to the session. */
	unnumbered(payload: Payload): Payload {
		if (typeof payload === 'string') return this.text(UNNUMBERED, payload);
		const frame = this.bytes(UNNUMBERED, payload.length);
		this.bodyOf(frame).set(payload);
		return frame;
	}
}
