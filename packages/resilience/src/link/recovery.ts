import { type CloseInfo, closeCodeFor, codeOf } from '@linkscope/core';
import { isFinal } from '../routes/route.js';

/** never: trying again as it is gains nothing. at-once: the next dial waits for nothing, but never twice in a row. backoff: it waits. */
export type Recovery = 'never' | 'at-once' | 'backoff';

/** What ended a connection, or kept a dial from becoming one. */
export interface LinkFailure {
	readonly error: Error;
	/** How the connection ended; null where none came about and nobody told how. */
	readonly close: CloseInfo | null;
	/** Tries since the link was last stable; 0 where this was the first dial, or a connection that had been stable. */
	readonly retries: number;
	/** A connection was lost; false where a dial failed. */
	readonly wasConnected: boolean;
}

const FINAL_CODES: ReadonlySet<string> = new Set([
	'AUTH_REFUSED',
	'INVITE_REFUSED',
	'URL_INVALID',
	'PLUGIN_DUPLICATE',
	'PLUGIN_NEEDS',
	'PLUGIN_ORDER',
	'PLUGIN_REUSED',
]);

// The connection was at fault and not its peer, who waited long enough or never noticed: no crowd comes back at the same moment.
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['HEARTBEAT_TIMEOUT', 'LINK_SILENT', 'NONCES_USED_UP', 'CONTINUITY_LOST']);

/** What a link does where nobody says otherwise. A caller's mistake (TypeError, RangeError) is final too. */
export function defaultRecovery({ error, close }: Pick<LinkFailure, 'error' | 'close'>): Recovery {
	const code = codeOf(error) ?? '';
	// What this side would not have, the peer was told by its close code.
	if (FINAL_CODES.has(code) || isFinal(close) || isFinal({ code: closeCodeFor(error) })) return 'never';
	if (error instanceof TypeError || error instanceof RangeError) return 'never';
	return TRANSIENT_CODES.has(code) ? 'at-once' : 'backoff';
}
