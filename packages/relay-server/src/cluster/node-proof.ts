import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Call } from './cluster.js';

export interface NodeExchange {
	/** What the caller dialled and the answerer has published: words for one node are worth nothing at another. */
	url: string;
	/** 32 bytes, of the node that was called. */
	answererNonce: Uint8Array;
	/** 32 bytes, of the node that calls. */
	callerNonce: Uint8Array;
	call: Call;
}

/** HMAC-SHA256 under the cluster's secret. @see docs/protocol.md#between-nodes */
export function nodeProof(secret: string, role: 'C' | 'A', { url, answererNonce, callerNonce, call }: NodeExchange): Buffer {
	const hmac = createHmac('sha256', secret).update(`linkscope/1 relay node\0${role}`).update(answererNonce).update(callerNonce);
	for (const text of [url, call.from, call.target]) {
		const bytes = Buffer.from(text);
		const length = Buffer.alloc(2);
		length.writeUInt16BE(bytes.length);
		hmac.update(length).update(bytes);
	}
	return hmac.digest();
}

/** In constant time. */
export function isSameProof(expected: Buffer, got: Uint8Array): boolean {
	return got.length === expected.length && timingSafeEqual(expected, got);
}
