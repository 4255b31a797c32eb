import type { CloseInfo } from './transport.js';

/**
 * Operational errors carry a stable `code`; messages may change, codes do not.
 * Every code has a heading in docs/errors.md. A caller's mistake is a plain TypeError or RangeError.
 */
export class LinkscopeError extends Error {
	readonly code: string;

	// On the prototype and in words: a minifier renames classes, and stack traces read it early.
	static {
		LinkscopeError.prototype.name = 'LinkscopeError';
	}

	constructor(code: string, message: string, options?: { cause?: unknown }) {
		super(message);
		this.code = code;
		if (options?.cause !== undefined) this.cause = options.cause;
	}

	declare cause?: unknown;
}

/** The connection itself: used too late, full, closed, aborted. */
export class ConnectionError extends LinkscopeError {
	static {
		ConnectionError.prototype.name = 'ConnectionError';
	}

	/** How the connection ended, where that is what the error tells. */
	declare readonly close?: CloseInfo;

	constructor(code: string, message: string, options: { cause?: unknown; close?: CloseInfo } = {}) {
		super(code, message, options);
		// Not shown with the error: its message says the same, with the peer's text quoted.
		if (options.close) Object.defineProperty(this, 'close', { value: options.close });
	}
}

/** The transport below: could not dial, refused, lost, a message too big for it. */
export class TransportError extends LinkscopeError {
	static {
		TransportError.prototype.name = 'TransportError';
	}
}

/** A handshake that timed out, was refused or broke the protocol. */
export class HandshakeError extends LinkscopeError {
	static {
		HandshakeError.prototype.name = 'HandshakeError';
	}
}

/** A plugin that is in the wrong place, threw, or stopped its connection. */
export class PluginError extends LinkscopeError {
	static {
		PluginError.prototype.name = 'PluginError';
	}
}

/** Close codes of linkscope/1, in the range that WebSocket leaves to applications (docs/protocol.md). */
export const CloseCode = {
	NORMAL: 1000,
	ABNORMAL: 1006,
	MALFORMED: 4400,
	AUTHENTICATION: 4401,
	PROTOCOL_ORDER: 4402,
	NOT_REGISTERED: 4404,
	TIMEOUT: 4408,
	TOO_BIG: 4409,
	INVITE: 4410,
	QUOTA: 4413,
	RATE: 4429,
	DECRYPT: 4430,
	NONCES_USED_UP: 4431,
	SLOW_READER: 4440,
	INTERNAL: 4500,
} as const;

/** By name, so that a bundler sees that nobody needs this in a page without connections. */
const closeCodeOf: Readonly<Record<string, keyof typeof CloseCode>> = {
	HANDSHAKE_TIMEOUT: 'TIMEOUT',
	HEARTBEAT_TIMEOUT: 'TIMEOUT',
	MESSAGE_TOO_BIG: 'TOO_BIG',
	REASSEMBLY_TOO_BIG: 'TOO_BIG',
	DECOMPRESSION_TOO_BIG: 'TOO_BIG',
	SYNC_TOO_BIG: 'TOO_BIG',
	HANDSHAKE_INBOX_FULL: 'QUOTA',
	SEND_QUEUE_FULL: 'QUOTA',
	SLOW_READER: 'SLOW_READER',
	MALFORMED_FRAME: 'MALFORMED',
	AUTH_FAILED: 'AUTHENTICATION',
	PEER_MISMATCH: 'AUTHENTICATION',
	PEER_UNKNOWN: 'AUTHENTICATION',
	WEAK_KEY: 'AUTHENTICATION',
	NO_COMMON_SUITE: 'AUTHENTICATION',
	PROTOCOL_ORDER: 'PROTOCOL_ORDER',
	DECRYPT_FAILED: 'DECRYPT',
	NONCES_USED_UP: 'NONCES_USED_UP',
	PAIRING_REQUIRED: 'INVITE',
	INVITE_REFUSED: 'INVITE',
	CONTINUITY_LOST: 'NOT_REGISTERED',
	CONTINUITY_FULL: 'QUOTA',
};

/**
 * The close code that tells the peer about an error.
 * An error may name its own with a numeric `closeCode`; unknown ones are 4500.
 */
export function closeCodeFor(error: unknown): number {
	const own = (error as { closeCode?: unknown } | null)?.closeCode;
	if (typeof own === 'number') return own;
	return CloseCode[closeCodeOf[codeOf(error) ?? ''] ?? 'INTERNAL'];
}

/** Whether a close reason is a code that this protocol knows, and nothing that only a peer could have thought of. */
export function isWireCode(reason: string): boolean {
	return Object.hasOwn(closeCodeOf, reason);
}

/** The reason text that goes with it: the error's code. An error may name its own `closeReason`, where a foreign protocol wants another. */
export function closeReasonFor(error: unknown): string {
	const own = (error as { closeReason?: unknown } | null)?.closeReason;
	return typeof own === 'string' ? own : (codeOf(error) ?? 'internal error');
}

/** The stable code of an error, if it has one. */
export function codeOf(error: unknown): string | null {
	const code = (error as { code?: unknown } | null)?.code;
	return typeof code === 'string' ? code : null;
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}
