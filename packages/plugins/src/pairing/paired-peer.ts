import type { PairedEntry, TrustLevel, TrustStore } from '../trust/trust-record.js';

/** What both sides know of each other once they are paired. */
export interface Pairing {
	/** The pairing's name for both ends, the same at each connection: 16 bytes as base64url. */
	readonly connectionId: string;
	readonly trustLevel: TrustLevel;
}

/** Writes a pairing down where there is a store. @returns null where the peer was revoked after the invite was issued. */
export async function rememberPeer(trustStore: TrustStore | undefined, entry: PairedEntry, issuedAt: number): Promise<Pairing | null> {
	const { connectionId } = entry;
	if (trustStore === undefined) return { connectionId, trustLevel: 'paired' };
	const record = await trustStore.pair(entry, issuedAt);
	return record && { connectionId, trustLevel: record.level };
}

/** What was written down when this peer was paired; null where it never was. */
export async function recallPeer(trustStore: TrustStore | undefined, publicKey: Uint8Array): Promise<Pairing | null> {
	const known = await trustStore?.get(publicKey);
	return known?.connectionId === undefined ? null : { connectionId: known.connectionId, trustLevel: known.level };
}
