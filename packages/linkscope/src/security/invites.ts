import { systemClock } from '@linkscope/core';
import { createInvite as create, defaultPrimitives, type Identity, type Invite } from '@linkscope/crypto';
import { createInviteBook, type InviteBook } from '@linkscope/plugins';

/** The invites of this process: where `createInvite()` writes them down unless told otherwise, in memory. Give it to `listen({ invites })`. */
export const issuedInvites: InviteBook = /* @__PURE__ */ createInviteBook();

export interface CreateInviteOptions {
	/** The inviter. */
	identity: Identity;
	/** ws: or wss: addresses at which it listens, best first. */
	endpoints?: readonly string[];
	/** The same of relays at which it waits: `listen({ relays })`. At least one of both, at most 8 together. */
	relays?: readonly string[];
	/** Default 600,000: ten minutes. */
	expiresInMs?: number;
	/** How many identities may pair by it. Default 1. */
	uses?: number;
	/** Where it is written down; the listener needs the same. Default `issuedInvites`. */
	invites?: InviteBook;
}

/**
 * An invite, signed and written down. Hand on `invite.link()`, by a way that only the invited one reads.
 * @throws RangeError or TypeError naming the option; StoreError.
 */
export async function createInvite({ invites = issuedInvites, ...options }: CreateInviteOptions): Promise<Invite> {
	checkBook(invites);
	const invite = create(defaultPrimitives(), { ...options, nowMs: systemClock.epoch() });
	await invites.add(invite);
	return invite;
}

/** From here on nobody pairs by it. Who is paired already stays so: `trustStore.revoke()`. @returns false where it was not known. @throws TypeError for a link. */
export async function revokeInvite(id: string, invites: InviteBook = issuedInvites): Promise<boolean> {
	checkBook(invites);
	if (typeof id !== 'string' || /[:#]/.test(id)) throw new TypeError('revokeInvite() takes the id of an invite, not the invite or its link: give invite.id');
	return invites.revoke(id);
}

function checkBook(invites: InviteBook): void {
	if (typeof invites?.claim !== 'function') throw new TypeError('invites must be an invite book: createInviteBook() makes one');
}
