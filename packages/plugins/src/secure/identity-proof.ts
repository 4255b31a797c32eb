import { bytesField, type ControlObject, encodeBase64url, type Identity, isStrictPublicKey, type Primitives } from '@linkscope/crypto';
import { SecurityError } from './security-error.js';

const CONTEXT = new TextEncoder().encode('linkscope/1 auth');
const NOBODY = new Uint8Array(32);

/** What an identity signs, so that its signature is worth nothing in any other session, place or direction. */
export interface ProofContext {
	/** Of the side that signs. */
	readonly role: 'I' | 'R';
	/** The handshake hash just before the payload is sealed. */
	readonly handshakeHash: Uint8Array;
	/** The X25519 static key of the side that signs. */
	readonly staticKey: Uint8Array;
	/** The identity that the initiator has seen in message 2; the responder knows nobody yet. */
	readonly expected?: Uint8Array;
}

/** The fields that prove an identity within a handshake. */
export function proveIdentity(identity: Identity, context: ProofContext): { identity: string; signature: string } {
	return { identity: encodeBase64url(identity.publicKey), signature: encodeBase64url(identity.sign(signedBytes(context))) };
}

/**
 * @returns the identity that is proved, 32 bytes.
 * @throws SecurityError WEAK_KEY, AUTH_FAILED; CryptoError MALFORMED_FRAME.
 */
export function checkProof(primitives: Primitives, payload: ControlObject, context: ProofContext): Uint8Array {
	const identity = bytesField(payload, 'identity', 32);
	const signature = bytesField(payload, 'signature', 64);
	if (!isStrictPublicKey(identity)) throw new SecurityError('auth', 'WEAK_KEY', "the peer's identity is a key of small order or not in its one encoding");
	if (!primitives.ed25519.verify(identity, signedBytes(context), signature)) {
		throw new SecurityError('auth', 'AUTH_FAILED', "the signature of the peer's identity does not fit this handshake");
	}
	return identity;
}

// docs/protocol.md#authentication
function signedBytes({ role, handshakeHash, staticKey, expected = NOBODY }: ProofContext): Uint8Array {
	return Uint8Array.of(...CONTEXT, 0, role.charCodeAt(0), ...handshakeHash, ...staticKey, ...expected);
}
