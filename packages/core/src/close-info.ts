import { ConnectionError, HandshakeError, isWireCode, type LinkscopeError, PluginError } from './errors.js';
import type { ErrorKind } from './probe.js';
import type { CloseInfo } from './transport.js';

/** What a caller hears who uses a connection after its end. */
export function closedBy(info: CloseInfo): ConnectionError {
	return new ConnectionError('CONNECTION_CLOSED', `the connection is closed (${describeClose(info)})`, { cause: info.error, close: info });
}

// Close codes after which trying again as it is gains nothing, and what the peer would not have.
const refusals: Readonly<Record<number, readonly [kind: ErrorKind, code: string, what: string, advice: string]>> = {
	4401: ['auth', 'AUTH_REFUSED', ' this identity, or could not prove its own', ''],
	4410: ['pairing', 'INVITE_REFUSED', '', '; ask it for a new invite'],
};

/** The peer ended what was being established. Its close code says what it would not have; its reason is only quoted. */
export function refusedBy(info: CloseInfo): LinkscopeError {
	const refusal = refusals[info.code];
	if (refusal === undefined) return closedBy(info);
	const [kind, code, what, advice] = refusal;
	const told = isWireCode(info.reason) ? `: ${info.reason}` : what;
	return Object.assign(new HandshakeError(code, `${kind}: the peer refused${told}${advice} (${describeClose(info)})`), { kind });
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
