import { CryptoError } from './crypto-error.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const valueOfCode = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) valueOfCode[ALPHABET.charCodeAt(value)] = value;

const codes = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const decoder = new TextDecoder();

/** RFC 4648 section 5, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
	// Written as bytes and made a text once: putting it together character by character takes ten times as long.
	const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
	let at = 0;
	for (let i = 0; i < bytes.length; i += 3) {
		const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		// What lies behind the end of an array is not written.
		for (let shift = 18; shift >= 0; shift -= 6) text[at++] = codes[(group >>> shift) & 63] as number;
	}
	return decoder.decode(text);
}

/**
 * Takes the one canonical form and nothing else: no padding, no white space, no bits left over. So equal bytes are equal texts, and nobody
 * can change a frame without changing what it says.
 * @param length how many bytes are expected; any number where it is undefined.
 * @throws CryptoError MALFORMED_FRAME; the message never holds the text.
 */
export function decodeBase64url(text: string, length?: number): Uint8Array {
	const byteCount = Math.floor((text.length * 3) / 4);
	if (length !== undefined && (byteCount !== length || text.length !== Math.ceil((length * 4) / 3))) {
		throw malformed(`expected ${length} bytes in ${Math.ceil((length * 4) / 3)} characters, got ${text.length} characters`);
	}
	if (text.length % 4 === 1) throw malformed(`${text.length} characters are no whole number of bytes`);
	const bytes = new Uint8Array(byteCount);
	let group = 0;
	let bits = 0;
	let at = 0;
	for (let i = 0; i < text.length; i++) {
		const value = valueOfCode[text.charCodeAt(i)] ?? -1;
		if (value < 0) throw malformed(`the character at ${i} is none of A-Z a-z 0-9 - _`);
		group = ((group << 6) | value) & 0xfff;
		bits += 6;
		if (bits < 8) continue;
		bits -= 8;
		bytes[at++] = group >>> bits;
	}
	if ((group & ((1 << bits) - 1)) !== 0) throw malformed('the last character has bits that belong to no byte');
	return bytes;
}

function malformed(what: string): CryptoError {
	return new CryptoError('MALFORMED_FRAME', `base64url: ${what}`);
}
