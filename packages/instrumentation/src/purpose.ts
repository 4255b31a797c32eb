import { isSubstantial } from './own-traffic.js';
import type { Purpose } from './types.js';

export interface Traffic {
	messagesSent: number;
	messagesReceived: number;
	bytes: number;
	/** What the transport carried, and in how many messages of its own. */
	wireBytes: number;
	frames: number;
	lifeMs: number;
	ended: boolean;
	transport: string;
}

/**
 * What a connection is for, as seeds/004 tells them apart: discovery is a short query, its answer and a close;
 * data is many or large messages, or as much of a plugin (a sync, its files); control is few and small ones over a long life, a heartbeat's rhythm.
 */
export function purposeOf({ messagesSent, messagesReceived, bytes, wireBytes, frames, lifeMs, ended, transport }: Traffic): Purpose {
	const messages = messagesSent + messagesReceived;
	const perSecond = (messages * 1000) / Math.max(lifeMs, 1000);
	const isSmall = bytes < messages * 512;
	// Many frames that are small are pings, or what encryption adds to each message.
	if (isSubstantial(wireBytes - bytes, bytes) && wireBytes >= frames * 512) return 'data';
	// Over a relay, whoever was looked for is found: a short talk there is a talk.
	if (transport !== 'relay' && ended && lifeMs <= 10_000 && messages <= 12 && messagesSent > 0 && messagesReceived > 0) return 'discovery';
	if (messages >= 20 && (!isSmall || perSecond >= 0.5)) return 'data';
	if (messages > 0 && isSmall && lifeMs >= 30_000 && perSecond <= 0.25) return 'control';
	return 'unknown';
}
