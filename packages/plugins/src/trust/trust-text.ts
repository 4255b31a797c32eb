import {
	bytesField,
	type ControlObject,
	decodeBase64url,
	encodeBase64url,
	fingerprintOf,
	integerField,
	isStrictPublicKey,
	parseControlJson,
	textField,
} from '@linkscope/crypto';
import { MAX_STORED_CHARS } from './storage.js';
import type { TrustEntry, TrustLevel, TrustRecord } from './trust-record.js';

/** The text of a trust store (docs/protocol.md#stored-things): a line that says what it is, then a line of JSON for each record. */
const TYPE = 'linkscope trust';
const HEADER = JSON.stringify({ type: TYPE, v: 1 });
const LEVELS: readonly string[] = ['paired', 'pinned', 'revoked'] satisfies TrustLevel[];
const FIELDS = ['identity', 'fingerprint', 'level', 'since', 'inviteId', 'connectionId', 'label'];
const MAX_LABEL_CHARS = 256;
export const MAX_TRUST_RECORDS = 10_000;

/** By identity, in the order in which they were added. */
export type TrustRecords = ReadonlyMap<string, TrustRecord>;

/** @throws Error that names the line and what is wrong with it. */
export function parseTrustRecords(text: string): TrustRecords {
	if (text.length > MAX_STORED_CHARS) throw new RangeError(`it has ${text.length} characters, the most is ${MAX_STORED_CHARS}`);
	const lines = text.replace(/\n$/, '').split('\n', MAX_TRUST_RECORDS + 2);
	if (lines.length > MAX_TRUST_RECORDS + 1) throw new RangeError(`it has more than ${MAX_TRUST_RECORDS} records`);
	const records = new Map<string, TrustRecord>();
	for (const [index, line] of lines.entries()) {
		try {
			if (index === 0) checkHeader(parseControlJson(line));
			else addRecord(records, readRecord(parseControlJson(line)));
		} catch (error) {
			throw new TypeError(`line ${index + 1}: ${(error as Error).message}`);
		}
	}
	return records;
}

export function trustText(records: TrustRecords): string {
	return `${[HEADER, ...[...records.values()].map((record) => JSON.stringify(record))].join('\n')}\n`;
}

/**
 * A record of what the application says about an identity.
 * @throws TypeError naming the field that could not be stored.
 */
export function trustRecord(entry: TrustEntry, since: number): TrustRecord {
	const publicKey = typeof entry.identity === 'string' ? decodeIdentity(entry.identity) : entry.identity;
	const { level, inviteId, connectionId, label } = entry;
	const record = { identity: encodeBase64url(publicKey), fingerprint: fingerprintOf(publicKey), level, since, inviteId, connectionId, label };
	try {
		// The reader's rules are the writer's: what is stored can be read again. JSON leaves out what is undefined.
		return readRecord(parseControlJson(JSON.stringify(record)));
	} catch (error) {
		throw new TypeError(`this trust record cannot be stored: ${(error as Error).message}`);
	}
}

/** @throws TypeError where it is no identity's public key as base64url. */
export function decodeIdentity(text: string): Uint8Array {
	try {
		return decodeBase64url(text, 32);
	} catch {
		throw new TypeError('an identity is a public key of 32 bytes, or that as 43 characters of base64url');
	}
}

function checkHeader(header: ControlObject): void {
	if (header.type !== TYPE) throw new TypeError(`expected "type":"${TYPE}"`);
	if (header.v !== 1) throw new TypeError(`version ${JSON.stringify(header.v)?.slice(0, 20)} is unknown, expected 1; a newer linkscope may have written it`);
}

function addRecord(records: Map<string, TrustRecord>, record: TrustRecord): void {
	if (records.has(record.identity)) throw new TypeError('an identity that had a line already');
	records.set(record.identity, record);
}

function readRecord(line: ControlObject): TrustRecord {
	const identity = bytesField(line, 'identity', 32);
	if (!isStrictPublicKey(identity)) throw new TypeError('"identity" is a weak key');
	if (textField(line, 'fingerprint') !== fingerprintOf(identity)) throw new TypeError('"fingerprint" belongs to another identity');
	const level = textField(line, 'level');
	if (!LEVELS.includes(level)) throw new TypeError(`"level" must be one of ${LEVELS.join(', ')}`);
	const label = line.label === undefined ? undefined : textField(line, 'label');
	if (label !== undefined && label.length > MAX_LABEL_CHARS) throw new TypeError(`"label" has more than ${MAX_LABEL_CHARS} characters`);
	// A field that this version does not know would be lost at the next change.
	if (Object.keys(line).some((key) => !FIELDS.includes(key))) throw new TypeError('a field that is unknown to this version');
	// Frozen: the store keeps it, and everybody who asks gets this one.
	return Object.freeze({
		identity: textField(line, 'identity'),
		fingerprint: textField(line, 'fingerprint'),
		level: level as TrustLevel,
		since: integerField(line, 'since'),
		...optionalId(line, 'inviteId'),
		...optionalId(line, 'connectionId'),
		...(label !== undefined && { label }),
	});
}

function optionalId(line: ControlObject, key: 'inviteId' | 'connectionId'): { [id in typeof key]?: string } {
	return line[key] === undefined ? {} : { [key]: encodeBase64url(bytesField(line, key, 16)) };
}
