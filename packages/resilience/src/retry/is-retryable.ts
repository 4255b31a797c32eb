import { CloseCode, type CloseInfo, closeCodeFor, codeOf } from '@linkscope/core';

const FINAL_CLOSE_CODES: ReadonlySet<number | undefined> = new Set([CloseCode.AUTHENTICATION, CloseCode.PROTOCOL_ORDER, CloseCode.INVITE]);

// Errors of this side that have no close code of their own.
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
		const { close, cause: next } = cause as { close?: Partial<CloseInfo>; cause?: unknown };
		if (FINAL_CODES.has(codeOf(cause)) || FINAL_CLOSE_CODES.has(closeCodeFor(cause)) || FINAL_CLOSE_CODES.has(close?.code)) return false;
		cause = next;
	}
	return true;
}
