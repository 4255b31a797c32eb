import { type Clock, systemClock } from '@linkscope/core';
import { decodeBase64url, encodeBase64url, type Invite } from '@linkscope/crypto';
import { checkStorage, memoryStorage, type Storage, StoreError } from '../trust/storage.js';
import { type IssuedInvite, type Ledger, ledgerText, MAX_INVITES, parseLedger } from './invite-ledger.js';
import { WrongProofs } from './wrong-proofs.js';

/** What can be told about an issued invite. */
export interface InviteRecord extends Omit<IssuedInvite, 'pairingKey'> {
	readonly state: 'open' | InviteEnd;
}

export type InviteEnd = 'used' | 'expired' | 'revoked';

/** Why a claim was refused. The peer hears INVITE_REFUSED, whichever it was. */
export type ClaimRefusal = InviteEnd | 'unknown' | 'wrong' | 'shut-out';

export interface Claim {
	/** 16 bytes as base64url. */
	readonly inviteId: string;
	/** The authenticated identity of the peer: 32 bytes. */
	readonly identity: Uint8Array;
	/** Whether the peer's proofs fit this key. Called exactly once, for an unknown invite with a key that nobody has. */
	proves(pairingKey: Uint8Array): boolean;
}

/** `pairingKey` is 32 secret bytes. */
export type ClaimResult = { accepted: true; pairingKey: Uint8Array; issuedAt: number } | { accepted: false; reason: ClaimRefusal };

/** The inviter's ledger of the invites it has issued. */
export interface InviteBook {
	/** One that is there already stays as it is. @throws StoreError STORE_UNWRITABLE where 1,000 invites are kept already. */
	add(invite: Invite): Promise<void>;
	find(id: string): Promise<InviteRecord | null>;
	/** Oldest first. Invites that ended more than a day ago are forgotten when one is added. */
	list(): Promise<InviteRecord[]>;
	/** From here on nobody pairs by it. @returns false where it was not known. */
	revoke(id: string): Promise<boolean>;
	/**
	 * Uses an invite once for this identity: proof, revocation, expiry and uses are looked at and the use is written down in one step.
	 * The same identity may claim again while the invite lasts; it uses nothing up.
	 */
	claim(claim: Claim): Promise<ClaimResult>;
}

const STORE_NAME = 'invites';
const FORGET_AFTER_MS = 24 * 3_600_000;
const NOBODYS_KEY = new Uint8Array(32);

/**
 * @param options.storage where invites outlive the process; in memory by default.
 * @throws TypeError where that is none.
 */
export function createInviteBook(options: { storage?: Storage; clock?: Clock } = {}): InviteBook {
	const { storage = memoryStorage(), clock = systemClock } = options;
	checkStorage(storage);
	const wrongProofs = new WrongProofs(clock);
	let parsed: { text: string; ledger: Ledger } | undefined;

	/** Every claim asks, and the text rarely changes: it is parsed once. */
	function ledgerOf(text: string | null): Ledger {
		if (text === null) return new Map();
		if (parsed?.text !== text) parsed = { text, ledger: readStored(text) };
		return parsed.ledger;
	}

	async function change(edit: (ledger: Ledger) => Ledger): Promise<void> {
		await storage.update(STORE_NAME, (current) => {
			const before = ledgerOf(current);
			const after = edit(before);
			if (after === before) return current;
			parsed = { text: ledgerText(after), ledger: after };
			return parsed.text;
		});
	}

	const load = async () => ledgerOf(await storage.read(STORE_NAME));

	function refusal(invite: IssuedInvite | undefined, isProved: boolean, by: string): ClaimRefusal | null {
		if (wrongProofs.isShutOut(by)) return 'shut-out';
		if (invite !== undefined && isProved) return endOf(invite, clock.epoch(), by);
		wrongProofs.add(by);
		return invite === undefined ? 'unknown' : 'wrong';
	}

	return {
		add: (invite) =>
			change((ledger) => {
				// What was used or revoked stays so.
				if (ledger.has(invite.id)) return ledger;
				const kept = [...ledger].filter(([, { expiresAt }]) => clock.epoch() - expiresAt <= FORGET_AFTER_MS);
				if (kept.length >= MAX_INVITES)
					throw new StoreError('STORE_UNWRITABLE', `${MAX_INVITES} invites are kept already; each is forgotten a day after it ended`);
				return new Map(kept).set(invite.id, issued(invite));
			}),
		async find(id) {
			const invite = (await load()).get(id);
			return invite === undefined ? null : recordOf(invite, clock.epoch());
		},
		async list() {
			return [...(await load()).values()].map((invite) => recordOf(invite, clock.epoch()));
		},
		async revoke(id) {
			let known = false;
			await change((ledger) => {
				const invite = ledger.get(id);
				known = invite !== undefined;
				return invite === undefined || invite.revokedAt !== null ? ledger : replace(ledger, { ...invite, revokedAt: clock.epoch() });
			});
			return known;
		},
		async claim({ inviteId, identity, proves }) {
			const by = encodeBase64url(identity);
			let result: ClaimResult = { accepted: false, reason: 'unknown' };
			await change((ledger) => {
				const invite = ledger.get(inviteId);
				// An unknown invite costs the same work as a known one.
				const pairingKey = invite === undefined ? NOBODYS_KEY : decodeBase64url(invite.pairingKey);
				const isProved = proves(pairingKey);
				const reason = refusal(invite, isProved, by);
				if (reason !== null || invite === undefined) {
					result = { accepted: false, reason: reason ?? 'unknown' };
					return ledger;
				}
				result = { accepted: true, pairingKey, issuedAt: invite.issuedAt };
				return invite.usedBy.includes(by) ? ledger : replace(ledger, { ...invite, usedBy: [...invite.usedBy, by] });
			});
			return result;
		},
	};
}

/** Why an invite pairs nobody any more; one that was used up still knows who used it. */
function endOf(invite: IssuedInvite, nowMs: number, by?: string): InviteEnd | null {
	if (invite.revokedAt !== null) return 'revoked';
	if (nowMs > invite.expiresAt) return 'expired';
	const hasUsed = by !== undefined && invite.usedBy.includes(by);
	return invite.usedBy.length >= invite.uses && !hasUsed ? 'used' : null;
}

function issued(invite: Invite): IssuedInvite {
	const { id, issuedAt, expiresAt, uses } = invite;
	return { id, pairingKey: encodeBase64url(invite.pairingKey()), issuedAt, expiresAt, uses, revokedAt: null, usedBy: [] };
}

function recordOf(invite: IssuedInvite, nowMs: number): InviteRecord {
	const { pairingKey: _secret, ...known } = invite;
	return { ...known, state: endOf(invite, nowMs) ?? 'open' };
}

function replace(ledger: Ledger, invite: IssuedInvite): Ledger {
	return new Map(ledger).set(invite.id, invite);
}

function readStored(text: string): Ledger {
	try {
		return parseLedger(text);
	} catch (cause) {
		const what = `the invites stored as "${STORE_NAME}" cannot be read: ${(cause as Error).message}`;
		throw new StoreError('STORE_UNREADABLE', `${what}; restore them from a copy, or remove them to begin anew`, { cause });
	}
}
