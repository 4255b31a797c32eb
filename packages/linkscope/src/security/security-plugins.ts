import type { Plugin } from '@linkscope/core';
import type { Identity, Invite } from '@linkscope/crypto';
import {
	type AuthenticationOptions,
	AuthenticationPlugin,
	authorizeBy,
	createTrustStore,
	EncryptionPlugin,
	FRAME_HEADROOM_BYTES,
	type InviteBook,
	memoryStorage,
	PairingPlugin,
	type TrustStore,
} from '@linkscope/plugins';

export interface SecurityOptions {
	/**
	 * Who this side is. With it a connection is authenticated and encrypted end to end, or fails: it never falls back.
	 * `createIdentity()` makes one, `loadOrCreateIdentity()` keeps it.
	 */
	identity?: Identity;
	/** Whom this side trusts: unknown and revoked identities are refused, unless they prove an invite. */
	trustStore?: TrustStore;
}

const MIB = 1024 * 1024;

interface MessageLimit {
	maxMessageBytes?: number;
}

/** A limit counts what the application sends; sealed it takes a little more of the transport. */
export function withHeadroom<O extends SecurityOptions & MessageLimit>(options: O): O {
	const { identity, maxMessageBytes = MIB } = options;
	// What is no number is the transport's to complain about.
	return identity && typeof maxMessageBytes === 'number' ? { ...options, maxMessageBytes: maxMessageBytes + FRAME_HEADROOM_BYTES } : options;
}

export interface DialSecurityOptions extends SecurityOptions {
	/** The one peer to talk to: its public key (32 bytes, or these in base64url) or its fingerprint. Anybody else is PEER_MISMATCH, before it learns who called. */
	peer?: Uint8Array | string;
}

/**
 * The plugins that secure a connection that is dialled, wire side first; none without an identity.
 * @param met called when the peer has proved to be who was meant.
 */
export function dialSecurity(options: DialSecurityOptions & MessageLimit, invite?: Invite, met?: () => void): Plugin[] {
	checkSecurity(options);
	const { identity, peer, trustStore, maxMessageBytes } = options;
	if (identity === undefined) return withoutIdentity({ peer, trustStore, invite });
	const encryption = new EncryptionPlugin();
	const authorize = trustStore && (invite || peer !== undefined ? notRevoked(trustStore, invite) : authorizeBy(trustStore, { pairing: false }));
	return [
		new AuthenticationPlugin({
			identity,
			encryption,
			peer: invite?.publicKey ?? peer,
			authorize: met ? telling(met, authorize) : authorize,
			requestPairing: invite !== undefined,
			maxMessageBytes,
		}),
		encryption,
		new PairingPlugin({ invite, trustStore }),
	];
}

export interface ListenSecurityOptions extends SecurityOptions {
	/** The invites this side has issued. Peers then pair by them; without a `trustStore` they are remembered until the listener closes. */
	invites?: InviteBook;
}

/** Asked once per connection that is accepted. */
export function acceptSecurity(options: ListenSecurityOptions & MessageLimit): () => Plugin[] {
	checkSecurity(options);
	const { identity, trustStore, invites, maxMessageBytes } = options;
	if (identity === undefined) {
		const none = withoutIdentity({ trustStore, invites });
		return () => none;
	}
	const known = trustStore ?? (invites && createTrustStore(memoryStorage()));
	const plugins = () => [
		new AuthenticationPlugin({ identity, authorize: known && authorizeBy(known, { pairing: invites !== undefined }), maxMessageBytes }),
		new EncryptionPlugin(),
		new PairingPlugin({ inviteBook: invites, trustStore: known }),
	];
	// What is wrong with the options is said now, not when the first peer comes.
	plugins();
	return plugins;
}

/** A peer that was named is trusted for that; but not where it was revoked, unless by an invite that it made later. */
function notRevoked(trustStore: TrustStore, invite: Invite | undefined): (peer: { publicKey: Uint8Array }) => Promise<'trusted' | 'refused'> {
	return async ({ publicKey }) => {
		const known = await trustStore.get(publicKey);
		if (known === null || known.level === 'paired' || known.level === 'pinned') return 'trusted';
		return invite && invite.issuedAt > known.since ? 'trusted' : 'refused';
	};
}

function telling(met: () => void, authorize: AuthenticationOptions['authorize']): AuthenticationOptions['authorize'] {
	return (peer) => {
		met();
		return authorize ? authorize(peer) : 'trusted';
	};
}

/** Null is what a variable holds that was not filled: taken for "nobody asked for it", it would let everybody in. */
function checkSecurity(options: DialSecurityOptions & ListenSecurityOptions): void {
	for (const name of ['identity', 'peer', 'trustStore', 'invites'] as const) {
		if (options[name] === null) throw new TypeError(`${name} must not be null: leave it out where there is none`);
	}
	const { trustStore, invites } = options;
	if (trustStore && typeof trustStore.get !== 'function') throw new TypeError('trustStore must be a trust store: createTrustStore() makes one');
	if (invites && typeof invites.claim !== 'function') throw new TypeError('invites must be an invite book: createInviteBook() makes one');
}

function withoutIdentity(others: Readonly<Record<string, unknown>>): [] {
	const [needing] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
	if (needing !== undefined) throw new TypeError(`${needing} needs an identity: createIdentity() makes one, loadOrCreateIdentity() keeps it`);
	return [];
}
