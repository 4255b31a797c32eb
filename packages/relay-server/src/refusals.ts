import { CloseCode } from '@linkscope/core';

/** Why the relay ends a connection that still talks to it: the reason text on the wire, a key in the metrics, a heading in docs/errors.md. */
export type Refusal = keyof typeof CLOSE_CODES;

const CLOSE_CODES = {
	MALFORMED_FRAME: CloseCode.MALFORMED,
	RELAY_SELF: CloseCode.MALFORMED,
	AUTH_FAILED: CloseCode.AUTHENTICATION,
	PEER_MISMATCH: CloseCode.AUTHENTICATION,
	RELAY_ORIGIN_UNKNOWN: CloseCode.AUTHENTICATION,
	RELAY_ONE_OFF: CloseCode.PROTOCOL_ORDER,
	PROTOCOL_ORDER: CloseCode.PROTOCOL_ORDER,
	NOT_REGISTERED: CloseCode.NOT_REGISTERED,
	MESSAGE_TOO_BIG: CloseCode.TOO_BIG,
	HANDSHAKE_TIMEOUT: CloseCode.TIMEOUT,
	HEARTBEAT_TIMEOUT: CloseCode.TIMEOUT,
	RELAY_QUOTA: CloseCode.QUOTA,
	RELAY_RATE: CloseCode.RATE,
} as const;

/** What ONE's server says, always with 1000. For the rest it has no words, and gets ours. */
const ONE_REASONS: { readonly [Name in Refusal]?: string } = {
	MALFORMED_FRAME: 'Close called: Received data does not match the data of a client message.',
	MESSAGE_TOO_BIG: 'Close called: Received data does not match the data of a client message.',
	PROTOCOL_ORDER: 'Close called: Received data does not match the data of a client message.',
	AUTH_FAILED: 'Close called: Client authentication failed.',
	NOT_REGISTERED: 'Close called: No listening connection for the specified publicKey.',
};

export interface Goodbye {
	code: number;
	reason: string;
}

export function goodbyeFor(refusal: Refusal, isOne: boolean): Goodbye {
	const reason = isOne ? ONE_REASONS[refusal] : undefined;
	return reason === undefined ? { code: CLOSE_CODES[refusal], reason: refusal } : { code: CloseCode.NORMAL, reason };
}

/** The newer registration of a key takes the place of the oldest, in both protocols with the same words. */
export const REPLACED: Goodbye = { code: CloseCode.NORMAL, reason: 'Close called: New connection replaced old one' };

// 1012 (IANA's registry of close codes): service restart, so that a client comes back. ONE's clients know 1000 alone.
export function restarting(isOne: boolean): Goodbye {
	return { code: isOne ? CloseCode.NORMAL : 1012, reason: 'relay restarting' };
}

export function isRefusal(reason: string): reason is Refusal {
	return Object.hasOwn(CLOSE_CODES, reason);
}
