import type { TrustLevel, TrustStore } from '../trust/trust-record.js';

/** What both sides know of each other once they are paired. */
export interface Pairing {
	/** The pairing's name for both ends, the same at each connection: 16 bytes as base64url. */
	readonly connectionId: string;
	readonly trustLevel: TrustLevel;
}

/** Writes a pairing down where there is a store. A peer that was pinned by hand stays so, and keeps its label. */
export async function rememberPeer(trustStore: TrustStore | undefined, publicKey: Uint8Array, inviteId: string, connectionId: string): Promise<Pairing> {
	const known = await trustStore?.get(publicKey);
	const level = known?.level === 'pinned' ? 'pinned' : 'paired';
	await trustStore?.put({ identity: publicKey, level, inviteId, connectionId, label: known?.label });
	return { connectionId, trustLevel: level };
}

/** What was written down when this peer was paired; null where it never was. */
export async function recallPeer(trustStore: TrustStore | undefined, publicKey: Uint8Array): Promise<Pairing | null> {
	const known = await trustStore?.get(publicKey);
	return known?.connectionId === undefined ? null : { connectionId: known.connectionId, trustLevel: known.level };
}

/** Whether a peer lost its trust after an invite was issued: what it may still hold must not bring it back. */
export async function isRevokedSince(trustStore: TrustStore | undefined, publicKey: Uint8Array, issuedAt: number): Promise<boolean> {
	const known = await trustStore?.get(publicKey);
	return known?.level === 'revoked' && known.since >= issuedAt;
}
