import type { Purpose } from './types.js';

export interface Traffic {
	messagesSent: number;
	messagesReceived: number;
	bytes: number;
	lifeMs: number;
	ended: boolean;
	transport: string;
}

/**
 * What a connection is for, as seeds/004 tells them apart: discovery is a short query, its answer and a close;
 * data is many or large messages; control is few and small ones over a long life, a heartbeat's rhythm.
 */
export function purposeOf({ messagesSent, messagesReceived, bytes, lifeMs, ended, transport }: Traffic): Purpose {
	const messages = messagesSent + messagesReceived;
	const perSecond = (messages * 1000) / Math.max(lifeMs, 1000);
	const isSmall = bytes < messages * 512;
	// Over a relay, whoever was looked for is found: a short talk there is a talk.
	if (transport !== 'relay' && ended && lifeMs <= 10_000 && messages <= 12 && messagesSent > 0 && messagesReceived > 0) return 'discovery';
	if (messages >= 20 && (!isSmall || perSecond >= 0.5)) return 'data';
	if (messages > 0 && isSmall && lifeMs >= 30_000 && perSecond <= 0.25) return 'control';
	return 'unknown';
}
