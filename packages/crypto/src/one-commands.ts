import { hexToBytes } from '@noble/hashes/utils.js';
import { CryptoError } from './crypto-error.js';

/** What came in one JSON message; values are whatever the peer wrote. */
export type OneObject = Readonly<Record<string, unknown>>;

/** Of a public key of ONE. */
export const KEY_BYTES = 32;

// The longest honest one, an identity with its URL, has less than 4 Ki.
const MAX_COMMAND_CHARS = 16 * 1024;
const MAX_DEPTH = 4;
// Used on valid JSON, where a string ends at its first unescaped quote.
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads a control message.
 * @param expected the command that must come now.
 * @throws CryptoError MALFORMED_FRAME for what is no command; PROTOCOL_ORDER for another command, and for bytes. No error quotes the peer.
 */
export function readCommand(frame: string | Uint8Array, expected: string): OneObject {
	if (typeof frame !== 'string') throw new CryptoError('PROTOCOL_ORDER', `ONE: bytes came where the command ${expected} was expected`);
	const object = parseObject(frame);
	if (typeof object.command !== 'string') throw malformed('a message without a command');
	if (object.command !== expected) throw new CryptoError('PROTOCOL_ORDER', `ONE: another command came where ${expected} was expected`);
	return object;
}

/** Reads bytes of a known length. @throws CryptoError PROTOCOL_ORDER for text, MALFORMED_FRAME for another length. */
export function readBytes(frame: string | Uint8Array, length: number, what: string): Uint8Array {
	if (typeof frame === 'string') throw new CryptoError('PROTOCOL_ORDER', `ONE: text came where ${what} was expected`);
	if (frame.byteLength !== length) throw malformed(`${what} has ${length} bytes, ${frame.byteLength} came`);
	return frame;
}

/** Well-formed text of at most so many UTF-16 units. @throws CryptoError MALFORMED_FRAME. */
export function textOf(object: OneObject, key: string, maxChars: number): string {
	const value = object[key];
	if (typeof value !== 'string' || value.length > maxChars || LONE_SURROGATE.test(value))
		throw malformed(`"${key}" must be a string of at most ${maxChars} characters`);
	return value;
}

/** Bytes written in hex. @throws CryptoError MALFORMED_FRAME. */
export function hexOf(object: OneObject, key: string, length = KEY_BYTES): Uint8Array {
	const hex = textOf(object, key, 2 * length);
	if (hex.length !== 2 * length || !/^[0-9a-f]*$/i.test(hex)) throw malformed(`"${key}" must be ${2 * length} hex characters`);
	return hexToBytes(hex);
}

/** An object inside, of the given `$type$`. @throws CryptoError MALFORMED_FRAME. */
export function objectOf(object: OneObject, key: string, tag: '$type$' | 'type', type: string): OneObject {
	const value = object[key] as OneObject | null | undefined;
	if (typeof value !== 'object' || value === null || value[tag] !== type) throw malformed(`"${key}" must be an object whose ${tag} is ${type}`);
	return value;
}

/** @throws CryptoError MALFORMED_FRAME: a key twice would mean two things to two readers. */
export function parseObject(text: string): OneObject {
	if (text.length > MAX_COMMAND_CHARS) throw malformed(`a command of more than ${MAX_COMMAND_CHARS} characters`);
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		throw malformed('a command that is not JSON');
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed('a command that is not an object');
	// JSON.parse keeps the last of equal keys and drops the others; each had a colon.
	if (text.replace(STRING, '').split(':').length - 1 !== countKeys(parsed, 1)) throw malformed('a key twice');
	return parsed as OneObject;
}

function countKeys(value: unknown, depth: number): number {
	if (typeof value !== 'object' || value === null) return 0;
	if (depth > MAX_DEPTH) throw malformed('a command nested too deep');
	const keys = Array.isArray(value) ? [] : Object.keys(value);
	if (keys.some((key) => key.startsWith('__'))) throw malformed('a key that begins with __');
	return Object.values(value).reduce((sum: number, inner) => sum + countKeys(inner, depth + 1), keys.length);
}

/** For what is no message of ONE. */
export function malformed(what: string): CryptoError {
	return new CryptoError('MALFORMED_FRAME', `ONE: ${what}`);
}
