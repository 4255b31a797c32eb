import { asError, type CloseInfo, LinkscopeError, TransportError } from '@linkscope/core';

/** What a relay, or a peer behind it, says by closing, as a code of ours and what to do about it. */
type Refusal = readonly [code: string, what: string];

const BY_REASON: Readonly<Record<string, Refusal>> = {
	RELAY_ORIGIN_UNKNOWN: ['RELAY_ORIGIN_UNKNOWN', 'does not know this address as its own: dial the address that its operator publishes (its publicUrls)'],
	PEER_MISMATCH: ['PEER_MISMATCH', 'is another relay than the one that is pinned: compare relayKey with its identity'],
	RELAY_SELF: ['RELAY_SELF', 'leads nobody back to itself: the target is the identity that dials'],
	RELAY_ONE_OFF: ['RELAY_ONE_OFF', 'does not serve the protocol of ONE: use a native identity there, or another relay'],
	'relay restarting': ['RELAY_RESTARTING', 'is going down for a restart: try again in a moment'],
	// The texts of ONE, whose code is always 1000.
	'Client authentication failed.': ['RELAY_AUTH_FAILED', 'refused the proof of this key'],
	'No listening connection for the specified publicKey.': ['NOT_REGISTERED', 'has nobody waiting under the target key: is the peer online, and at this relay?'],
	'Received data does not match the data of a client message.': ['MALFORMED_FRAME', 'did not understand a message: does it speak this protocol?'],
	'New connection replaced old one': ['RELAY_REPLACED', 'ended this registration for a newer one of the same key: is the identity used elsewhere too?'],
};

const BY_CODE: Readonly<Record<number, Refusal>> = {
	1012: ['RELAY_RESTARTING', 'is restarting: try again in a moment'],
	1014: ['CONNECTION_LOST', 'lost the peer before it answered: try again'],
	4400: ['MALFORMED_FRAME', 'did not understand a message: does it speak this protocol, in this version?'],
	4401: ['RELAY_AUTH_FAILED', 'refused the proof of this identity'],
	4402: ['PROTOCOL_ORDER', 'got a message that it did not expect then: does it speak this protocol, in this version?'],
	4404: ['NOT_REGISTERED', 'has nobody waiting under the target key: is the peer online, and at this relay?'],
	4408: ['HANDSHAKE_TIMEOUT', 'waited too long for this side or for the peer'],
	4409: ['MESSAGE_TOO_BIG', 'takes no frame of that size: send smaller ones'],
	4413: ['RELAY_QUOTA', 'has reached a limit for this key or address: close what is not needed, or ask its operator'],
	4429: ['RELAY_RATE', 'was asked too often by this key or address, or for this target: wait before trying again'],
	4440: ['SLOW_READER', 'gave up on a side that does not read'],
};

/** Codes after which nothing is gained by trying again as it is. */
const FINAL = new Set(['AUTH_FAILED', 'PEER_MISMATCH', 'PROTOCOL_ORDER', 'RELAY_AUTH_FAILED', 'RELAY_ONE_OFF', 'RELAY_ORIGIN_UNKNOWN']);

export function isFinal(error: Error): boolean {
	return FINAL.has((error as { code?: string }).code ?? '');
}

/** Why a connection to a relay ended before it led to anybody. @param relay its origin. */
export function refusalOf(info: CloseInfo, relay: string): Error {
	if (info.initiatedBy !== 'remote') return info.error ?? new TransportError('CONNECTION_LOST', `relay: the connection to ${relay} was lost`);
	const reason = info.reason.replace(/^Close called: /, '');
	const refusal = Object.hasOwn(BY_REASON, reason) ? BY_REASON[reason] : BY_CODE[info.code];
	const told = `(${info.code}${info.reason ? ` ${JSON.stringify(info.reason)}` : ''})`;
	if (refusal) return new TransportError(refusal[0], `relay: ${relay} ${refusal[1]} ${told}`);
	return new TransportError('RELAY_CLOSED', `relay: ${relay}, or the peer behind it, ended the connection before it was ready ${told}`);
}

/** An error of whatever package as one of this; nothing that the relay wrote is in it. */
export function asRelayError(thrown: unknown, relay: string): Error {
	const error = asError(thrown) as Error & { code?: string };
	if (error instanceof LinkscopeError || typeof error.code !== 'string') return error;
	return new TransportError(error.code, `relay: ${relay} sent what this protocol does not allow: ${error.message}`, { cause: error });
}

/** How a piped connection ended. The relay can only say in words that the peer is lost. */
export function peersEnd(info: CloseInfo): CloseInfo {
	if (info.code !== 1014 || info.initiatedBy !== 'remote') return info;
	const error = new TransportError('CONNECTION_LOST', 'relay: the peer has vanished without a goodbye, or the way between it and the relay is gone');
	return { code: 1006, reason: '', wasClean: false, initiatedBy: 'network', error };
}
