import { CloseCode, ConnectionError, HandshakeError, type LinkscopeError, PluginError } from './errors.js';
import type { ErrorKind } from './probe.js';
import type { CloseInfo } from './transport.js';

/** What a caller hears who uses a connection after its end. */
export function closedBy(info: CloseInfo): ConnectionError {
	return new ConnectionError('CONNECTION_CLOSED', `the connection is closed (${describeClose(info)})`, { cause: info.error });
}

/** The peer ended what was being established. Its close code says what it would not have; its reason is only quoted. */
export function refusedBy(info: CloseInfo): LinkscopeError {
	const said = describeClose(info);
	if (info.code === CloseCode.AUTHENTICATION) {
		return new RefusedError('auth', 'AUTH_REFUSED', `auth: the peer refused this identity, or could not prove its own (${said})`);
	}
	if (info.code === CloseCode.INVITE) {
		return new RefusedError('pairing', 'INVITE_REFUSED', `pairing: the peer refused; ask it for a new invite (${said})`);
	}
	return closedBy(info);
}

class RefusedError extends HandshakeError {
	readonly kind: ErrorKind;

	constructor(kind: ErrorKind, code: string, message: string) {
		super(code, message);
		this.kind = kind;
	}
}

export function describeClose({ code, reason, initiatedBy }: CloseInfo): string {
	return `${code}${reason ? ` ${JSON.stringify(reason)}` : ''}, ${initiatedBy}`;
}

/** The kind under which the instrumentation files an error that ended a connection. An error may name its own. */
export function kindOf(error: Error): ErrorKind {
	const { kind } = error as { kind?: ErrorKind };
	if (kind !== undefined) return kind;
	if (error instanceof PluginError) return 'plugin';
	return error instanceof HandshakeError ? 'protocol' : 'connection';
}
