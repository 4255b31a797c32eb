import { defaultPrimitives, type Identity, type KeyPair, type Primitives } from '@linkscope/crypto';
import { boxKeyPair } from '@linkscope/crypto/nacl';

/** Who the relay is, in both protocols. */
export interface RelayKeys {
	readonly primitives: Primitives;
	readonly identity: Identity;
	/** Curve25519, from the identity: who knows the one key of a relay keeps it as long as the other. */
	readonly one: KeyPair;
}

export function relayKeys(identity: Identity): RelayKeys {
	const primitives = defaultPrimitives();
	// An Ed25519 signature is a function of key and message (RFC 8032), and only the relay can make this one.
	const secretKey = primitives.hash('SHA256', identity.sign(new TextEncoder().encode('linkscope relay ONE key')));
	return { primitives, identity, one: boxKeyPair(secretKey) };
}
