import type { SecureChannel } from '@linkscope/core';
import type { Identity } from '@linkscope/crypto';
import type { SessionPeers } from './secure/session-channel.js';

/**
 * What the secure session of linkscope/1 gives to the plugins above it (docs/protocol.md#secure-session): core's SecureChannel and who is at both ends.
 * `wire.secure` is one of these above AuthenticationPlugin and EncryptionPlugin.
 */
export interface LinkscopeChannel extends SecureChannel {
	readonly protocol: 'linkscope/1';
	/** Who this side said it is; throw-away where a lone EncryptionPlugin made it. */
	readonly identity: Identity;
	/** The peer's Ed25519 public key, 32 bytes, proved by its signature. */
	readonly peerIdentity: Uint8Array;
	/** False where the peer's identity is a throw-away one; `peer` is then 'unverified'. */
	readonly verified: boolean;
	/** What auth_success said: whether an invite must be proved before anything else. */
	readonly pairing: 'required' | 'none';
	/** The session's name for both ends: 22 characters of base64url. */
	readonly sessionId: string;
	/** Called by PairingPlugin; where pairing is required and nobody has called it, the connection never becomes usable. */
	markPaired(): void;
	/** For EncryptionPlugin alone, above AuthenticationPlugin: from its next control message on, this direction is its own. */
	takeOver?(): TakenOver;
}

/** What an encryption needs to know of the authentication it takes over from. */
export interface TakenOver {
	/** One for both layers: what is said above holds below. */
	readonly peers: SessionPeers;
	/** Whether the peer has handed over too: the last message that came up said so. */
	readonly handedOver: boolean;
	/** The `encryption_capabilities` that this side has sent behind its proof, handing its direction over. */
	readonly early?: string | undefined;
	/** The largest messages that this side and the peer take, in bytes. */
	readonly maxMessageBytes: number;
	readonly peerMaxMessageBytes: number;
	/** The new keys are made: what they were made of is wiped, and the channel below exports nothing more. */
	done(): void;
}

/** Whether a channel is one of ours; structural, because a page may hold two copies of this package. */
export function isLinkscopeChannel(channel: SecureChannel | undefined): channel is LinkscopeChannel {
	return (channel as Partial<LinkscopeChannel> | undefined)?.protocol === 'linkscope/1';
}
