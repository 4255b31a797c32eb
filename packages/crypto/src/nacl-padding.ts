import nacl from 'tweetnacl';
import { CryptoError } from './crypto-error.js';

// The high nibble of the first byte; all other bits of it are unknown to us.
const TEXT_FLAG = 1;

const encoder = new TextEncoder();
// A byte order mark is part of the text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A message with random padding, so that its length does not show: flags and n (4 bits each) || L (n bytes, big endian) || L random bytes || value.
 * @param draw 0 to 255: no padding for 0, else draw - 1 bytes of it.
 */
export function padMessage(value: string | Uint8Array, draw: number = nacl.randomBytes(1)[0] as number): Uint8Array {
	const isText = typeof value === 'string';
	const bytes = isText ? encoder.encode(value) : value;
	const headerBytes = draw === 0 ? 1 : 1 + draw;
	const padded = new Uint8Array(headerBytes + bytes.length);
	padded[0] = (isText ? TEXT_FLAG << 4 : 0) | (draw === 0 ? 0 : 1);
	if (draw > 0) {
		padded[1] = draw - 1;
		padded.set(nacl.randomBytes(draw - 1), 2);
	}
	padded.set(bytes, headerBytes);
	return padded;
}

/**
 * @returns the value; bytes are a view of what was given.
 * @throws CryptoError MALFORMED_FRAME.
 */
export function unpadMessage(padded: Uint8Array): string | Uint8Array {
	const first = padded[0];
	if (first === undefined) throw malformed('it is empty');
	const flags = first >> 4;
	if (flags & ~TEXT_FLAG) throw malformed('an unknown flag');
	const start = 1 + (first & 15);
	if (start > padded.length) throw malformed('the length of its padding is cut short');
	let paddingBytes = 0;
	for (let i = 1; i < start; i++) paddingBytes = paddingBytes * 256 + (padded[i] as number);
	if (paddingBytes > padded.length - start) throw malformed('its padding is cut short');
	const value = padded.subarray(start + paddingBytes);
	return flags === TEXT_FLAG ? decode(value) : value;
}

function decode(bytes: Uint8Array): string {
	try {
		return decoder.decode(bytes);
	} catch {
		throw malformed('its text is not UTF-8');
	}
}

function malformed(what: string): CryptoError {
	return new CryptoError('MALFORMED_FRAME', `ONE message: ${what}`);
}
