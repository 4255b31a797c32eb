import { decodeBase64url, fingerprintOf } from '@linkscope/crypto';
import { hexToBytes } from '@linkscope/crypto/nacl';
import { bareKey, isOneKey } from './registration-key.js';

/** One event: plain data, one line of JSON where it is written. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null>>;

export type LogSink = (entry: LogEntry) => void;

const LONGEST_TEXT = 200;
// What would break a line, move a cursor or turn a text around where somebody reads it.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** Text of a peer, for people: cut and escaped. */
export function printable(text: string, longest = LONGEST_TEXT): string {
	const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
	return cut.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
}

/** A key as people compare it: 'linkscope:7zqk-…'. */
export function keyForLog(key: string): string {
	try {
		const bytes = isOneKey(key) ? hexToBytes(bareKey(key)) : decodeBase64url(bareKey(key));
		return `${isOneKey(key) ? 'one' : 'linkscope'}:${fingerprintOf(bytes)}`;
	} catch {
		// Of another node, which has its own idea of keys.
		return 'no key';
	}
}
