import { decodeBase64url, type Identity, parseFingerprint } from '@linkscope/crypto';
import { dialRelay } from '@linkscope/transports/relay';
import { type ConnectOptions, connectionOver } from '../connect.js';
import type { Connection } from '../connection.js';
import { withHeadroom } from '../security/security-plugins.js';

export interface ViaRelayOptions extends Omit<ConnectOptions, 'invite' | 'peer' | 'identity'> {
	identity: Identity;
	/** The one peer to talk to: its public key, 32 bytes or these in base64url; or its fingerprint, where the `trustStore` knows it. */
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
	const target = keyOf(await knownKey(options));
	const connection = connectionOver(dialRelay(relay, { ...withHeadroom(options), target }), options);
	await connection.open(options.signal);
	return connection;
}

async function knownKey({ peer, trustStore }: Partial<ViaRelayOptions> = {}): Promise<Uint8Array | string | undefined> {
	if (typeof peer !== 'string' || parseFingerprint(peer) === null || typeof trustStore?.get !== 'function') return peer;
	return (await trustStore.get(peer))?.identity ?? peer;
}

/** Whom a relay is asked for. @throws TypeError. */
export function keyOf(peer: Uint8Array | string | undefined): Uint8Array {
	if (peer === undefined) throw new TypeError('peer is missing: give the public key of whom the relay shall lead to (32 bytes, or these in base64url)');
	try {
		const key = typeof peer === 'string' ? decodeBase64url(peer, 32) : peer;
		if (key instanceof Uint8Array && key.length === 32) return key;
	} catch {
		// Said below.
	}
	throw new TypeError(
		'peer must be a public key here (32 bytes, or these in base64url): a relay knows nobody by fingerprint, unless connectViaRelay() finds it in its trustStore',
	);
}
