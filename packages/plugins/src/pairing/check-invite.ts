import type { Wire } from '@linkscope/core';
import { bytesField, encodeBase64url, equalBytes, fingerprintOf, type Primitives } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { SecurityError } from '../secure/security-error.js';
import type { TrustStore } from '../trust/trust-record.js';
import type { ClaimRefusal, InviteBook } from './invite-book.js';
import { PairProofs } from './pair-proofs.js';
import { readPair, sendPair } from './pair-wire.js';
import { type Pairing, rememberPeer } from './paired-peer.js';

const REQUIREMENTS = ['proof', 'identity_proof'];
const UNKNOWN = { accepted: false, reason: 'unknown' } as const;

/** The peer hears the code alone; why it was refused stays on this side. */
export class InviteRefusedError extends SecurityError {
	/** What this side's instrumentation is told, e.g. INVITE_EXPIRED. */
	readonly noteCode: string;

	static {
		InviteRefusedError.prototype.name = 'InviteRefusedError';
	}

	constructor(inviteId: string, refusal: ClaimRefusal) {
		super('pairing', 'INVITE_REFUSED', `the peer's claim on invite ${inviteId} was refused: ${refusal}`);
		this.noteCode = `INVITE_${refusal.toUpperCase().replace('-', '_')}`;
	}
}

/**
 * The side that issued the invite: every peer is challenged and answered alike, so that nobody learns which invites there are.
 * @throws InviteRefusedError; SecurityError PEER_MISMATCH, PROTOCOL_ORDER; CryptoError MALFORMED_FRAME; StoreError.
 */
export async function checkInvite(
	wire: Wire,
	channel: LinkscopeChannel,
	primitives: Primitives,
	inviteBook: InviteBook | undefined,
	trustStore: TrustStore | undefined,
): Promise<Pairing> {
	const peer = channel.peerIdentity;
	const request = await readPair(wire, 'pair_request');
	const inviteId = bytesField(request, 'invite', 16);
	const claimed = bytesField(request, 'public_key', 32);
	if (!equalBytes(claimed, peer)) {
		throw new SecurityError(
			'pairing',
			'PEER_MISMATCH',
			`expected the public key of the authenticated identity ${fingerprintOf(peer)}, got that of ${fingerprintOf(claimed)}`,
		);
	}
	const challenge = primitives.randomBytes(32);
	sendPair(wire, 'pair_challenge', { challenge: encodeBase64url(challenge), requirements: REQUIREMENTS });

	const answer = await readPair(wire, 'pair_proof');
	const proof = bytesField(answer, 'proof', 32);
	const proofs = new PairProofs(primitives, { binding: channel.binding, initiator: peer, responder: channel.identity.publicKey, inviteId, challenge });
	const isSigned = proofs.isSigned(bytesField(answer, 'identity_proof', 64));
	const id = encodeBase64url(inviteId);
	const proves = (pairingKey: Uint8Array): boolean => equalBytes(proof, proofs.ofInitiator(pairingKey)) && isSigned;
	const result = (await inviteBook?.claim({ inviteId: id, identity: peer, proves })) ?? UNKNOWN;
	if (!result.accepted) throw new InviteRefusedError(id, result.reason);

	// Written down before it is said: a peer that was told it is paired will be known when it comes again.
	const connectionId = proofs.connectionId(result.pairingKey);
	const pairing = await rememberPeer(trustStore, { identity: peer, inviteId: id, connectionId }, result.issuedAt);
	if (pairing === null) throw new InviteRefusedError(id, 'revoked');
	sendPair(wire, 'pair_success', {
		connection_id: connectionId,
		trust_level: 'paired',
		proof: encodeBase64url(proofs.ofResponder(result.pairingKey, connectionId)),
	});
	return pairing;
}
