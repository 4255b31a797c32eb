import { sha256 } from '@noble/hashes/sha2.js';

// Crockford's base32: no i, l, o and u, so that nothing read aloud or copied by hand is taken for something else.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const BYTES = 20;
const CHARACTERS = (BYTES * 8) / 5;

/**
 * What people compare: 160 bits of SHA-256 of an identity's public key, e.g. `7zqk-4m0x-…` in 8 groups of 4.
 * @param publicKey 32 bytes.
 */
export function fingerprintOf(publicKey: Uint8Array): string {
	const digest = sha256(publicKey);
	let characters = '';
	let group = 0;
	let bits = 0;
	for (const byte of digest.subarray(0, BYTES)) {
		group = ((group << 8) | byte) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5) characters += ALPHABET.charAt((group >>> (bits - 5)) & 31);
	}
	return inGroups(characters);
}

/**
 * A fingerprint as a person typed it: capitals, other or no separators, and the letters that Crockford's base32 reads as digits.
 * @returns it as `fingerprintOf` writes it, null where it is none.
 */
export function parseFingerprint(text: string): string | null {
	if (text.length > 2 * CHARACTERS) return null;
	const characters = text.toLowerCase().replace(/[\s-]/g, '').replace(/[il]/g, '1').replace(/o/g, '0');
	const known = characters.length === CHARACTERS && [...characters].every((character) => ALPHABET.includes(character));
	return known ? inGroups(characters) : null;
}

function inGroups(characters: string): string {
	return characters.replace(/(.{4})(?!$)/g, '$1-');
}
