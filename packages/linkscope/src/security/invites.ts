import { LinkscopeError, PluginError, systemClock, TransportError } from '@linkscope/core';
import { createInvite as create, defaultPrimitives, type Identity, type Invite } from '@linkscope/crypto';
import { createInviteBook, type InviteBook } from '@linkscope/plugins';
import { type ConnectOptions, dial } from '../connect.js';
import type { Connection } from '../connection.js';
import { readInvite } from './read-invite.js';

/** The invites of this process: where `createInvite()` writes them down unless told otherwise, in memory. Give it to `listen({ invites })`. */
export const issuedInvites: InviteBook = /* @__PURE__ */ createInviteBook();

export interface CreateInviteOptions {
	/** The inviter. */
	identity: Identity;
	/** 1 to 8 ws: or wss: addresses at which it listens, best first. */
	endpoints: readonly string[];
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

/**
 * Reads an invite's link, dials its endpoints one after the other until the inviter answers, and pairs.
 * @returns the connection, ACTIVE and paired with the inviter.
 * @throws CryptoError INVITE_MALFORMED, INVITE_EXPIRED, SecurityError PEER_MISMATCH where the inviter is not `peer` (nothing was dialled); HandshakeError
 * INVITE_REFUSED or AUTH_REFUSED where the inviter refused, and what else a secured connection fails with (SecurityErrors are HandshakeErrors); TransportError where no endpoint could be reached. Where several were
 * dialled, the `errors` of what is thrown are those of each, in their order.
 */
export async function acceptInvite(link: string, options: ConnectOptions & { identity: Identity }): Promise<Connection> {
	const invite = readInvite(link, options.peer);
	const failures: unknown[] = [];
	for (const endpoint of invite.endpoints) {
		let isInviter = false;
		const met = () => {
			isInviter = true;
		};
		try {
			return await dial(endpoint, options, invite, met);
		} catch (error) {
			failures.push(error);
			if (options.signal?.aborted || !mayGoBetterElsewhere(error, isInviter)) break;
		}
	}
	throw lastOf(failures);
}

/** Anybody may answer at an address, in any way, and the inviter at the next; what the inviter itself says is final, and so are mistakes of the caller. */
function mayGoBetterElsewhere(error: unknown, isInviter: boolean): boolean {
	if (error instanceof TransportError) return true;
	return !isInviter && error instanceof LinkscopeError && !(error instanceof PluginError);
}

/** The last one, with all of them as an AggregateError has them. */
function lastOf(failures: readonly unknown[]): unknown {
	const last = failures.at(-1);
	if (failures.length > 1) Object.defineProperty(last, 'errors', { value: failures, configurable: true, writable: true });
	return last;
}
