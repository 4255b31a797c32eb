import { ConnectionError, HandshakeError, PluginError } from './errors.js';
import type { ErrorKind } from './probe.js';
import type { CloseInfo } from './transport.js';

/** What a caller hears who uses a connection after its end. */
export function closedBy(info: CloseInfo): ConnectionError {
	return new ConnectionError('CONNECTION_CLOSED', `the connection is closed (${describeClose(info)})`, { cause: info.error });
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
