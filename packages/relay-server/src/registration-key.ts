import { encodeBase64url } from '@linkscope/crypto';
import { bytesToHex } from '@linkscope/crypto/nacl';

// Each protocol has keys of its own kind, and the name of the kind in front keeps them apart: nobody calls from one protocol into the other.

/** An Ed25519 identity. */
export function nativeKey(publicKey: Uint8Array): string {
	return `linkscope:${encodeBase64url(publicKey)}`;
}

/** A Curve25519 key of ONE. */
export function oneKey(publicKey: Uint8Array): string {
	return `one:${bytesToHex(publicKey)}`;
}

export function isOneKey(key: string): boolean {
	return key.startsWith('one:');
}

/** As its own protocol writes it. */
export function bareKey(key: string): string {
	return key.slice(key.indexOf(':') + 1);
}
