import { decodeBase64url, equalBytes, fingerprintOf, parseFingerprint } from '@linkscope/crypto';

const KEY_BYTES = 32;
const KEY_CHARACTERS = 43;

/** The one identity that is expected at the far end. */
export interface PinnedPeer {
	readonly fingerprint: string;
	matches(publicKey: Uint8Array): boolean;
}

/**
 * @param peer the public key: 32 bytes, or these in base64url, or its fingerprint.
 * @throws TypeError for anything else.
 */
export function pinnedPeer(peer: Uint8Array | string): PinnedPeer {
	const given = typeof peer === 'string' ? keyIn(peer) : peer;
	if (given instanceof Uint8Array && given.length === KEY_BYTES) {
		// Its own copy (a Buffer's slice() would be none): the caller may use the array again.
		const publicKey = new Uint8Array(given);
		return { fingerprint: fingerprintOf(publicKey), matches: (other) => equalBytes(publicKey, other) };
	}
	const fingerprint = typeof peer === 'string' ? parseFingerprint(peer) : null;
	if (fingerprint === null) throw new TypeError('peer must be a public key (32 bytes, or these in base64url) or a fingerprint');
	return { fingerprint, matches: (other) => fingerprintOf(other) === fingerprint };
}

function keyIn(text: string): Uint8Array | null {
	try {
		return text.length === KEY_CHARACTERS ? decodeBase64url(text, KEY_BYTES) : null;
	} catch {
		return null;
	}
}
