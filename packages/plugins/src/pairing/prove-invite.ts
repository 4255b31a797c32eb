import type { Wire } from '@linkscope/core';
import { bytesField, decodeBase64url, encodeBase64url, equalBytes, fingerprintOf, type Invite, listField, type Primitives, textField } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import { SecurityError } from '../secure/security-error.js';
import { PairProofs } from './pair-proofs.js';
import { readPair, sendPair } from './pair-wire.js';

const REQUIREMENTS = ['proof', 'identity_proof'];

/**
 * The side that holds an invite: proves that it does, and has the inviter prove that it issued it.
 * @returns the connection id.
 * @throws SecurityError PEER_MISMATCH, AUTH_FAILED, PROTOCOL_ORDER; CryptoError MALFORMED_FRAME.
 */
export async function proveInvite(wire: Wire, channel: LinkscopeChannel, invite: Invite, primitives: Primitives): Promise<string> {
	if (!equalBytes(invite.publicKey, channel.peerIdentity)) {
		throw new SecurityError(
			'pairing',
			'PEER_MISMATCH',
			`the invite is of ${invite.fingerprint}, and the peer is ${fingerprintOf(channel.peerIdentity)}; nothing was proved to it`,
		);
	}
	const initiator = channel.identity.publicKey;
	sendPair(wire, 'pair_request', { invite: invite.id, public_key: encodeBase64url(initiator) });

	const asked = await readPair(wire, 'pair_challenge');
	const unknown = listField(asked, 'requirements').find((requirement) => !REQUIREMENTS.includes(requirement));
	if (unknown !== undefined)
		throw new SecurityError('pairing', 'PROTOCOL_ORDER', `the peer requires ${JSON.stringify(unknown.slice(0, 40))}, which this version cannot give`);
	const challenge = bytesField(asked, 'challenge', 32);
	const inviteId = decodeBase64url(invite.id);
	const proofs = new PairProofs(primitives, { binding: channel.binding, initiator, responder: channel.peerIdentity, inviteId, challenge });
	const pairingKey = invite.pairingKey();
	sendPair(wire, 'pair_proof', {
		proof: encodeBase64url(proofs.ofInitiator(pairingKey)),
		identity_proof: encodeBase64url(proofs.sign(channel.identity)),
	});

	const success = await readPair(wire, 'pair_success');
	const connectionId = proofs.connectionId(pairingKey);
	const isProved = equalBytes(bytesField(success, 'proof', 32), proofs.ofResponder(pairingKey, connectionId));
	if (!isProved || textField(success, 'connection_id') !== connectionId || textField(success, 'trust_level') !== 'paired') {
		throw new SecurityError('pairing', 'AUTH_FAILED', 'the peer did not prove that it issued the invite');
	}
	return connectionId;
}
