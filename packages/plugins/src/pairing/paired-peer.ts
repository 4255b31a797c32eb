import type { TrustEntry, TrustLevel, TrustRecord, TrustStore } from '../trust/trust-record.js';

/** What both sides know of each other once they are paired. */
export interface Pairing {
	/** The pairing's name for both ends, the same at each connection: 16 bytes as base64url. */
	readonly connectionId: string;
	readonly trustLevel: TrustLevel;
}

/** Public key, invite and connection of a pairing. */
export type PairedEntry = Required<Pick<TrustEntry, 'identity' | 'inviteId' | 'connectionId'>>;

/**
 * Writes a pairing down where there is a store. A peer that was pinned by hand stays so, and keeps its label.
 * What is known already is not written again: a peer that pairs over and over must not undo a revocation that comes in between.
 */
export async function rememberPeer(trustStore: TrustStore | undefined, known: TrustRecord | null, entry: PairedEntry): Promise<Pairing> {
	const { connectionId } = entry;
	const level = known?.level === 'pinned' ? 'pinned' : 'paired';
	if (known?.level !== level || known.connectionId !== connectionId) await trustStore?.put({ ...entry, level, label: known?.label });
	return { connectionId, trustLevel: level };
}

/** What was written down when this peer was paired; null where it never was. */
export async function recallPeer(trustStore: TrustStore | undefined, publicKey: Uint8Array): Promise<Pairing | null> {
	const known = await trustStore?.get(publicKey);
	return known?.connectionId === undefined ? null : { connectionId: known.connectionId, trustLevel: known.level };
}
