import { codeOf, type ErrorKind, HandshakeError, LinkscopeError } from '@linkscope/core';

export type SecurityKind = Extract<ErrorKind, 'auth' | 'encryption' | 'pairing'>;

/** What broke a secure session. The peer hears the code, the local log the message; neither ever holds a key or a plaintext. */
export class SecurityError extends HandshakeError {
	/** Under which the instrumentation files it. */
	readonly kind: SecurityKind;

	static {
		SecurityError.prototype.name = 'SecurityError';
	}

	constructor(kind: SecurityKind, code: string, message: string, options?: { cause?: unknown }) {
		super(code, `${kind}: ${message}`, options);
		this.kind = kind;
	}
}

/**
 * What @linkscope/crypto threw, as an error of this layer. Everything else stays as it is.
 * @param tagFailed the code for what did not open: while keys are being agreed on it is the peer that failed, later a record.
 */
export function securityError(kind: SecurityKind, thrown: unknown, tagFailed: string): unknown {
	const code = codeOf(thrown);
	if (code === null || thrown instanceof LinkscopeError || !(thrown instanceof Error)) return thrown;
	return new SecurityError(kind, code === 'DECRYPT_FAILED' ? tagFailed : code, thrown.message, { cause: thrown });
}
