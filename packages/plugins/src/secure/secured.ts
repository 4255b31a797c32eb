import type { PluginHost } from '@linkscope/core';
import type { Identity, Primitives } from '@linkscope/crypto';
import type { TakenOver } from '../linkscope-channel.js';
import type { AuthenticatedSession } from './authenticate.js';
import { Exporter } from './exporter.js';
import { largestMessage, RecordLayer } from './record-layer.js';
import { SessionChannel, type SessionPeers } from './session-channel.js';

/** What a handshake leaves behind. */
export interface Secured {
	readonly layer: RecordLayer;
	readonly exporter: Exporter;
	readonly channel: SessionChannel;
	readonly peers: SessionPeers;
}

/** The session of an authentication, ready to carry messages or to be taken over. */
export function securedByAuthentication(
	session: AuthenticatedSession,
	identity: Identity,
	primitives: Primitives,
	host: PluginHost,
	maxMessageBytes: number,
	early: string | undefined,
): Secured {
	const { verified, pairing, fingerprint } = session;
	// A copy that no native code has seen takes less memory.
	const peerIdentity = session.peerIdentity.slice();
	const peerMaxMessageBytes = Math.min(session.peerMaxMessageBytes, largestMessage(host));
	const layer = new RecordLayer({ ...session, host, kind: 'auth', maxMessageBytes, peerMaxMessageBytes, mayHandOver: true });
	const exporter = new Exporter(primitives, session.secret);
	const peer = verified ? fingerprint : 'unverified';
	const peers: SessionPeers = { identity, peerIdentity, peer, verified, pairing, paired: pairing === 'none', markPaired };
	return {
		layer,
		exporter,
		peers,
		channel: new SessionChannel(
			peers,
			exporter,
			takingOver({ layer, exporter, peers, maxMessageBytes, peerMaxMessageBytes, early: session.sealer ? undefined : early }),
		),
	};
}

interface Takeable extends Pick<Secured, 'layer' | 'exporter' | 'peers'> {
	readonly maxMessageBytes: number;
	readonly peerMaxMessageBytes: number;
	readonly early: string | undefined;
}

// Apart, so that this closure keeps nothing else of the handshake.
function takingOver({ layer, exporter, peers, maxMessageBytes, peerMaxMessageBytes, early }: Takeable): () => TakenOver {
	return () => {
		layer.takeOver();
		return {
			peers,
			maxMessageBytes,
			peerMaxMessageBytes,
			early,
			get handedOver() {
				return layer.handedOver;
			},
			done: () => exporter.wipe(),
		};
	};
}

function markPaired(this: { paired: boolean }): void {
	this.paired = true;
}
