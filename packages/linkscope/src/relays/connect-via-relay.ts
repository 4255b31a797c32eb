import { decodeBase64url, type Identity } from '@linkscope/crypto';
import { dialRelay } from '@linkscope/transports/relay';
import { type ConnectOptions, connectionOver } from '../connect.js';
import type { Connection } from '../connection.js';
import { withHeadroom } from '../security/security-plugins.js';

export interface ViaRelayOptions extends Omit<ConnectOptions, 'invite' | 'peer' | 'identity'> {
	identity: Identity;
	/** The one peer to talk to: its public key, 32 bytes or these in base64url. A relay knows nobody by fingerprint. */
	peer: Uint8Array | string;
	/** The relay's identity, 32 bytes: any other relay is refused. */
	relayKey?: Uint8Array;
}

/**
 * Dials a peer that waits at a relay, and resolves when the connection is ACTIVE: authenticated and encrypted end to end, so that the relay reads nothing.
 * @param relay ws: or wss: address.
 * @throws TransportError NOT_REGISTERED where the peer does not wait there, and what else kept it from opening; HandshakeError where it could not be
 * secured; TypeError or RangeError for a bad option.
 */
export async function connectViaRelay(relay: string | URL, options: ViaRelayOptions): Promise<Connection> {
	const target = keyOf(options?.peer);
	const connection = connectionOver(dialRelay(relay, { ...withHeadroom(options), target }), options);
	await connection.open(options.signal);
	return connection;
}

/** Whom a relay is asked for. @throws TypeError. */
export function keyOf(peer: Uint8Array | string): Uint8Array {
	try {
		const key = typeof peer === 'string' ? decodeBase64url(peer, 32) : peer;
		if (key instanceof Uint8Array && key.length === 32) return key;
	} catch {
		// Said below.
	}
	throw new TypeError('peer must be a public key here (32 bytes, or these in base64url): a relay knows nobody by fingerprint');
}
