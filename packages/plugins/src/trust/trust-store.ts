import { type Clock, systemClock } from '@linkscope/core';
import { encodeBase64url, parseFingerprint } from '@linkscope/crypto';
import { readRotation } from './rotation.js';
import { checkStorage, type Storage, StoreError } from './storage.js';
import type { PairedEntry, PeerName, TrustRecord, TrustStore } from './trust-record.js';
import { decodeIdentity, MAX_TRUST_RECORDS, parseTrustRecords, type TrustRecords, trustRecord, trustText } from './trust-text.js';

/**
 * Whom this side trusts, kept in a storage: at most 10,000 identities.
 * @param options.name what the storage keeps it under, 'trust' by default.
 * @throws TypeError where `storage` is none.
 */
export function createTrustStore(storage: Storage, options: { name?: string; clock?: Clock } = {}): TrustStore {
	const { name = 'trust', clock = systemClock } = options;
	checkStorage(storage);
	let parsed: { text: string; records: TrustRecords } | undefined;

	/** Every connection asks, and the text rarely changes: it is parsed once. */
	function recordsOf(text: string | null): TrustRecords {
		if (text === null) return new Map();
		if (parsed?.text !== text) parsed = { text, records: readStored(storage.where(name), text) };
		return parsed.records;
	}

	const load = async () => recordsOf(await storage.read(name));

	/** @param edit returns null where nothing changes. */
	async function change<T>(edit: (records: Map<string, TrustRecord>) => T | null): Promise<T | null> {
		let result: T | null = null;
		await storage.update(name, (current) => {
			const records = new Map(recordsOf(current));
			result = edit(records);
			if (result === null) return current;
			if (records.size > MAX_TRUST_RECORDS) throw tooMany(storage.where(name));
			parsed = { text: trustText(records), records };
			return parsed.text;
		});
		return result;
	}

	return {
		async get(peer) {
			return find(await load(), peer) ?? null;
		},
		async put(entry) {
			const record = trustRecord(entry, clock.epoch());
			return (await change((records) => replace(records, record))) ?? record;
		},
		async pair(entry, issuedAt) {
			let record: TrustRecord | null = null;
			await change((records) => {
				const known = find(records, entry.identity);
				record = pairedRecord(known, entry, issuedAt, clock.epoch());
				if (record === null || record === known) return null;
				record = replace(records, record);
				return record;
			});
			return record;
		},
		async list() {
			return [...(await load()).values()];
		},
		revoke: (peer) =>
			change((records) => {
				const known = find(records, peer);
				return known === undefined ? null : replace(records, { ...known, level: 'revoked', since: clock.epoch() });
			}),
		async remove(peer) {
			return (await change((records) => records.delete(find(records, peer)?.identity ?? '') || null)) ?? false;
		},
		async export() {
			return trustText(await load());
		},
		async import(text) {
			const added = readImported(text);
			return (await change((records) => merge(records, added) || null)) ?? 0;
		},
		async follow(statement) {
			const rotation = readRotation(statement);
			const since = clock.epoch();
			return change((records) => {
				const former = find(records, rotation.former);
				const isKnown = find(records, rotation.successor) !== undefined;
				if (former === undefined || former.level === 'revoked' || isKnown) return null;
				replace(records, { ...former, level: 'revoked', since });
				return replace(records, trustRecord({ ...former, identity: rotation.successor }, since));
			});
		},
	};
}

/** @returns what is known where it says the same already, null where it was revoked since. */
function pairedRecord(known: TrustRecord | undefined, entry: PairedEntry, issuedAt: number, since: number): TrustRecord | null {
	if (known?.level === 'revoked' && known.since >= issuedAt) return null;
	const level = known?.level === 'pinned' ? 'pinned' : 'paired';
	if (known?.level === level && known.connectionId === entry.connectionId) return known;
	return trustRecord({ ...entry, level, label: known?.label }, since);
}

/**
 * At the end: the map keeps the order of time. And `since` never goes back, whatever the clock does: else a peer revoked while the clock was behind would come
 * back by the invite that it was paired by before.
 */
function replace(records: Map<string, TrustRecord>, record: TrustRecord): TrustRecord {
	const since = Math.max(record.since, records.get(record.identity)?.since ?? 0);
	const kept = Object.freeze({ ...record, since });
	records.delete(record.identity);
	records.set(record.identity, kept);
	return kept;
}

/** @throws TypeError for what names nobody. */
function find(records: TrustRecords, peer: PeerName): TrustRecord | undefined {
	const fingerprint = typeof peer === 'string' && parseFingerprint(peer);
	if (fingerprint) return [...records.values()].find((record) => record.fingerprint === fingerprint);
	return records.get(typeof peer === 'string' ? encodeBase64url(decodeIdentity(peer)) : encodeBase64url(peer));
}

/** @returns how many records changed. Nothing here is lifted by what comes from elsewhere, and a revocation holds everywhere. */
function merge(records: Map<string, TrustRecord>, added: TrustRecords): number {
	let changed = 0;
	for (const record of added.values()) {
		const known = records.get(record.identity);
		if (known !== undefined && (known.level === 'revoked' || record.level !== 'revoked')) continue;
		replace(records, record);
		changed++;
	}
	return changed;
}

function readStored(where: string, text: string): TrustRecords {
	try {
		return parseTrustRecords(text);
	} catch (cause) {
		const what = `the trusted peers in ${where} cannot be read: ${(cause as Error).message}`;
		throw new StoreError('STORE_UNREADABLE', `${what}; restore them from a copy, or remove them to begin anew`, { cause });
	}
}

function readImported(text: string): TrustRecords {
	if (typeof text !== 'string') throw new TypeError('import() takes the text that export() gave');
	try {
		return parseTrustRecords(text);
	} catch (cause) {
		const what = `these are no trusted peers that linkscope exported: ${(cause as Error).message}`;
		throw new StoreError('STORE_UNREADABLE', `${what}; nothing was imported`, { cause });
	}
}

function tooMany(where: string): StoreError {
	return new StoreError('STORE_UNWRITABLE', `${where} would hold more than ${MAX_TRUST_RECORDS} identities; remove those that are no longer needed`);
}
