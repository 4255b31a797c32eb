import { systemClock } from '@linkscope/core';
import { defaultPrimitives, type Invite, parseInvite } from '@linkscope/crypto';
import { SecurityError } from '@linkscope/plugins';

/**
 * What an invite's link says; its signature was checked and nothing dialled.
 * @throws CryptoError INVITE_MALFORMED, INVITE_EXPIRED; SecurityError INVITE_OF_ONE.
 */
export function readInvite(link: string): Invite {
	const invite = parseInvite(defaultPrimitives(), link, systemClock.epoch());
	if (invite.kind === 'linkscope') return invite;
	throw new SecurityError(
		'pairing',
		'INVITE_OF_ONE',
		'this invite is one of ONE.models, which nobody signed; where that is what you want, use @linkscope/plugins/one',
	);
}
