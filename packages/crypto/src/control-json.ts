import { decodeBase64url } from './base64url.js';
import { CryptoError } from './crypto-error.js';

/** One control message may have so many bytes of UTF-8. */
export const MAX_CONTROL_BYTES = 16 * 1024;
const MAX_LIST_ITEMS = 64;

export type ControlValue = string | number | boolean | readonly string[];

/** Without a prototype: only what the peer wrote is in it. */
export type ControlObject = Readonly<Record<string, ControlValue>>;

// Valid JSON is what these two are used on, so a string ends at its first unescaped quote.
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads one flat object as docs/protocol.md#control-messages allows it.
 * @throws CryptoError MALFORMED_FRAME; the message never holds what was read.
 */
export function parseControlJson(text: string): ControlObject {
	// A UTF-16 unit is 1 to 3 bytes of UTF-8: most texts need no counting.
	if (text.length * 3 > MAX_CONTROL_BYTES && (text.length > MAX_CONTROL_BYTES || new TextEncoder().encode(text).length > MAX_CONTROL_BYTES)) {
		throw malformed(`more than ${MAX_CONTROL_BYTES} bytes`);
	}
	const parsed = parseJson(text);
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed('not an object');
	const object: Record<string, ControlValue> = Object.create(null);
	const keys = Object.keys(parsed);
	for (const key of keys) {
		if (key.startsWith('__')) throw malformed('a key that begins with __');
		const value = (parsed as Record<string, unknown>)[key];
		if (LONE_SURROGATE.test(key) || !isControlValue(value)) throw malformed('a value that is no string, finite number, boolean or short list of strings');
		object[key] = value;
	}
	// JSON.parse keeps the last of equal keys and drops the others; each had a colon.
	if (text.replace(STRING, '').split(':').length - 1 !== keys.length) throw malformed('a key twice');
	return object;
}

/** @throws CryptoError MALFORMED_FRAME where the field is no string. */
export function textField(object: ControlObject, key: string): string {
	const value = object[key];
	if (typeof value !== 'string') throw missing(key, 'a string');
	return value;
}

/** Bytes in canonical base64url. @param length how many; any number where it is undefined. @throws CryptoError MALFORMED_FRAME. */
export function bytesField(object: ControlObject, key: string, length?: number): Uint8Array {
	return decodeBase64url(textField(object, key), length);
}

/** @throws CryptoError MALFORMED_FRAME where the field is no whole number from `min` to `max`. */
export function integerField(object: ControlObject, key: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
	const value = object[key];
	if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) throw missing(key, `a whole number from ${min} to ${max}`);
	return value as number;
}

/** @throws CryptoError MALFORMED_FRAME where the field is no list of strings. */
export function listField(object: ControlObject, key: string): readonly string[] {
	const value = object[key];
	if (!Array.isArray(value)) throw missing(key, 'a list of strings');
	return value;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// The platform's message quotes the text.
		throw malformed('not JSON');
	}
}

function isControlValue(value: unknown): value is ControlValue {
	if (Array.isArray(value)) return value.length <= MAX_LIST_ITEMS && value.every(isText);
	return isText(value) || typeof value === 'boolean' || Number.isFinite(value);
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && !LONE_SURROGATE.test(value);
}

function missing(key: string, expected: string): CryptoError {
	return malformed(`"${key}" must be ${expected}`);
}

function malformed(what: string): CryptoError {
	return new CryptoError('MALFORMED_FRAME', `control message: ${what}`);
}
