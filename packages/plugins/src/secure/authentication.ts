import type { PluginHost, Wire } from '@linkscope/core';
import { defaultPrimitives, type Identity, type Primitives } from '@linkscope/crypto';
import { type AuthenticatedPeer, type Authorization, authenticate } from './authenticate.js';
import type { EncryptionPlugin } from './encryption.js';
import { type PinnedPeer, pinnedPeer } from './pinned-peer.js';
import { SecurePlugin } from './secure-plugin.js';
import { type Secured, securedByAuthentication } from './secured.js';

export interface AuthenticationOptions {
	/** Who this side is. */
	identity: Identity;
	/** The one peer to talk to: its public key (32 bytes, or these in base64url) or its fingerprint. Anybody else is PEER_MISMATCH, before it learns who called. */
	peer?: Uint8Array | string;
	/**
	 * Decides about a peer that has proved its identity: the initiator is asked before it says who it is, the responder once both have.
	 * Without `peer` and `authorize` every identity is let in, and stats show which it was.
	 */
	authorize?: (peer: AuthenticatedPeer) => Authorization | Promise<Authorization>;
	/** This side dials with an invite, so the peer must ask for its proof. Default false. */
	requestPairing?: boolean;
	/** The largest application message this side takes, in bytes. Default 1 MiB, and never more than the transport takes less 1 KiB. */
	maxMessageBytes?: number;
	/** The EncryptionPlugin directly above, which this one then speaks for: a dialling side is ACTIVE a round trip earlier. */
	encryption?: Pick<EncryptionPlugin, 'capabilities'>;
	/** For tests. */
	primitives?: Primitives;
}

/**
 * Proves who is at both ends and seals everything from then on (docs/protocol.md#authentication), until an EncryptionPlugin above takes over.
 * It stands next to the transport: nothing below it is secret or safe from changes.
 *
 * @throws SecurityError AUTH_FAILED, PEER_MISMATCH, PEER_UNKNOWN, WEAK_KEY, NO_COMMON_SUITE (close code 4401), PROTOCOL_ORDER (4402), MALFORMED_FRAME (4400);
 * later DECRYPT_FAILED (4430), NONCES_USED_UP (4431), STREAM_TRUNCATED, PAIRING_REQUIRED (4410).
 */
export class AuthenticationPlugin extends SecurePlugin {
	readonly name = 'authentication';
	readonly phase = ['AUTHENTICATING', 'AUTHENTICATED'] as const;
	protected readonly stage = 'auth';
	readonly #options: AuthenticationOptions;
	readonly #peer: PinnedPeer | undefined;

	constructor(options: AuthenticationOptions) {
		super(options?.maxMessageBytes);
		if (typeof options?.identity?.sign !== 'function') throw new TypeError('identity must be an identity: createIdentity() makes one');
		if (options.authorize !== undefined && typeof options.authorize !== 'function') throw new TypeError('authorize must be a function');
		this.#options = options;
		this.#peer = options.peer === undefined ? undefined : pinnedPeer(options.peer);
	}

	protected async establish(wire: Wire, host: PluginHost): Promise<Secured> {
		const { identity, authorize, requestPairing = false, encryption, primitives = defaultPrimitives() } = this.#options;
		const maxMessageBytes = this.maxMessageBytes(host);
		const session = await authenticate(wire, {
			primitives,
			clock: host.clock,
			identity,
			throwAway: false,
			requestPairing,
			maxMessageBytes,
			...(this.#peer && { peer: this.#peer }),
			...(authorize && { authorize }),
			...(encryption && { early: encryption.capabilities }),
		});
		return securedByAuthentication(session, identity, primitives, host, maxMessageBytes, encryption?.capabilities);
	}
}
