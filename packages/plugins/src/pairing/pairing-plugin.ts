import type { Plugin, PluginHost, Wire } from '@linkscope/core';
import { defaultPrimitives, type Invite, type Primitives } from '@linkscope/crypto';
import { isLinkscopeChannel, type LinkscopeChannel } from '../linkscope-channel.js';
import { SecurityError, securityError } from '../secure/security-error.js';
import type { TrustStore } from '../trust/trust-record.js';
import { checkInvite, InviteRefusedError } from './check-invite.js';
import type { InviteBook } from './invite-book.js';
import { type Pairing, recallPeer, rememberPeer } from './paired-peer.js';
import { proveInvite } from './prove-invite.js';

export interface PairingOptions {
	/** What the side that dials was given. AuthenticationPlugin then needs `requestPairing: true`. */
	invite?: Invite;
	/** The invites this side has issued; without it nobody can pair. */
	inviteBook?: InviteBook;
	/** Where pairings are written down; without one they end with the connection. */
	trustStore?: TrustStore;
	/** For tests. */
	primitives?: Primitives;
}

/**
 * Two authenticated identities come to trust each other by an invite of one of them. Nearer the application than authentication and encryption; both ends need it.
 * Where no pairing is required it lets everything pass.
 * Fails the connection with SecurityError SECURITY_ORDER, PAIRING_REQUIRED, INVITE_REFUSED, PEER_MISMATCH, AUTH_FAILED, PROTOCOL_ORDER or MALFORMED_FRAME.
 * @see docs/protocol.md#pairing
 */
export class PairingPlugin implements Plugin {
	readonly name = 'pairing';
	readonly phase = ['PAIRING', 'PAIRED'] as const;
	readonly #options: PairingOptions;
	readonly #primitives: Primitives;
	#host: PluginHost | null = null;
	#pairing: Pairing | null = null;

	constructor(options: PairingOptions = {}) {
		checkPairingOptions(options);
		this.#options = options;
		this.#primitives = options.primitives ?? defaultPrimitives();
	}

	/** Null until PAIRED, and for a peer that was never paired. */
	get pairing(): Pairing | null {
		return this.#pairing;
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	async handshake(wire: Wire): Promise<void> {
		const channel = securedChannel(wire);
		const { trustStore, invite } = this.#options;
		if (channel.pairing === 'none') {
			if (wire.initiator && invite) {
				throw new SecurityError(
					'pairing',
					'SECURITY_ORDER',
					'an invite was given, but the peer was not asked to pair: give AuthenticationPlugin requestPairing: true',
				);
			}
			this.#pairing = await recallPeer(trustStore, channel.peerIdentity);
			return;
		}
		try {
			this.#pairing = await (wire.initiator ? this.#prove(wire, channel) : checkInvite(wire, channel, this.#primitives, this.#options.inviteBook, trustStore));
		} catch (thrown) {
			const error = securityError('pairing', thrown, 'AUTH_FAILED');
			if (error instanceof SecurityError) this.#note('refused', channel.peer, error instanceof InviteRefusedError ? error.noteCode : error.code);
			throw error;
		}
		channel.markPaired();
		this.#note('ok', channel.peer);
	}

	async #prove(wire: Wire, channel: LinkscopeChannel): Promise<Pairing> {
		const { invite, trustStore } = this.#options;
		if (invite === undefined) {
			throw new SecurityError('pairing', 'PAIRING_REQUIRED', `${channel.peer} does not know this identity, or trusts it no more; ask it for an invite`);
		}
		const connectionId = await proveInvite(wire, channel, invite, this.#primitives);
		const entry = { identity: channel.peerIdentity, inviteId: invite.id, connectionId };
		const pairing = await rememberPeer(trustStore, entry, invite.issuedAt);
		if (pairing) return pairing;
		throw new SecurityError('pairing', 'PEER_UNKNOWN', `${channel.peer} was revoked after it made this invite; ask it for a new one`);
	}

	#note(outcome: 'ok' | 'refused', peer: string, code?: string): void {
		this.#host?.note({ kind: 'security', stage: 'pair', outcome, peer, ...(code !== undefined && { code }) });
	}
}

/** @throws TypeError naming the option that is something else. */
function checkPairingOptions({ inviteBook, trustStore }: PairingOptions): void {
	if (inviteBook !== undefined && typeof inviteBook?.claim !== 'function')
		throw new TypeError('inviteBook must be an invite book: createInviteBook() makes one');
	if (trustStore !== undefined && typeof trustStore?.get !== 'function') throw new TypeError('trustStore must be a trust store: createTrustStore() makes one');
}

/** @throws SecurityError SECURITY_ORDER: pairing without knowing with whom would be worth nothing. */
function securedChannel(wire: Wire): LinkscopeChannel {
	const { secure } = wire;
	if (isLinkscopeChannel(secure) && secure.verified) return secure;
	const got =
		secure === undefined
			? 'nothing that secures the channel: put it before this plugin'
			: 'a channel whose peer is not verified: this side has no AuthenticationPlugin, or the peer has none: an identity at both ends brings it';
	throw new SecurityError('pairing', 'SECURITY_ORDER', `expected AuthenticationPlugin nearer the wire, found ${got}`);
}
