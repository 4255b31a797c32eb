import { systemClock } from '@linkscope/core';
import { defaultPrimitives, type Invite, parseInvite } from '@linkscope/crypto';
import { pinnedPeer, SecurityError } from '@linkscope/plugins';

/**
 * What an invite's link says; its signature was checked and nothing dialled.
 * @param peer whom the inviter must be.
 * @throws CryptoError INVITE_MALFORMED, INVITE_EXPIRED; SecurityError INVITE_OF_ONE, PEER_MISMATCH; TypeError where `peer` names nobody.
 */
export function readInvite(link: string, peer?: Uint8Array | string): Invite {
	const pinned = peer === undefined ? null : pinnedPeer(peer);
	const invite = parseInvite(defaultPrimitives(), link, systemClock.epoch());
	if (invite.kind === 'linkscope') {
		if (pinned === null || pinned.matches(invite.publicKey)) return invite;
		const what = `expected an invite of ${pinned.fingerprint}, got one of ${invite.fingerprint}`;
		throw new SecurityError('pairing', 'PEER_MISMATCH', `${what}: ask that peer for one, or leave peer out`);
	}
	throw new SecurityError(
		'pairing',
		'INVITE_OF_ONE',
		'this invite is one of ONE.models, which nobody signed; where that is what you want, use @linkscope/plugins/one',
	);
}
