import { CloseCode, closeCodeFor, codeOf } from '@linkscope/core';

const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([CloseCode.AUTHENTICATION, CloseCode.PROTOCOL_ORDER, CloseCode.INVITE]);

// Errors of this side that go with no close code, and those in which a peer's 4401, 4402 or 4410 is told.
const FINAL_CODES: ReadonlySet<string | null> = new Set([
	'AUTH_REFUSED',
	'RELAY_AUTH_FAILED',
	'RELAY_ORIGIN_UNKNOWN',
	'RELAY_ONE_OFF',
	'INVITE_EXPIRED',
	'INVITE_MALFORMED',
	'URL_INVALID',
	'CONNECTION_ABORTED',
	'OPERATION_ABORTED',
	'CIRCUIT_OPEN',
]);

/** A chain of causes may be a circle. */
const MAX_CAUSES = 8;

/**
 * Whether trying again can help: not where the peer answered 4401, 4402 or 4410, where the caller has left, or where a circuit is open;
 * in everything else, errors of unknown kinds included. Causes count.
 */
export function isRetryable(error: unknown): boolean {
	let cause = error;
	for (let i = 0; i < MAX_CAUSES && typeof cause === 'object' && cause !== null; i++) {
		if (FINAL_CODES.has(codeOf(cause)) || FINAL_CLOSE_CODES.has(closeCodeFor(cause))) return false;
		cause = (cause as { cause?: unknown }).cause;
	}
	return true;
}
