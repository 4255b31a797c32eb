/**
 * An operational error of this package, with a stable `code` (docs/errors.md). It never holds a key, a plaintext or an invite's secret.
 * This package knows no other of linkscope's, so the class is its own; `code` is what callers look at.
 */
export class CryptoError extends Error {
	readonly code: string;

	static {
		CryptoError.prototype.name = 'CryptoError';
	}

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}
