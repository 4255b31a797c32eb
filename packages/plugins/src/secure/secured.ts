import type { PluginHost } from '@linkscope/core';
import { fingerprintOf, type Identity, type Primitives } from '@linkscope/crypto';
import type { LinkscopeChannel } from '../linkscope-channel.js';
import type { AuthenticatedSession } from './authenticate.js';
import { Exporter } from './exporter.js';
import { RecordLayer } from './record-layer.js';
import type { Secured } from './secure-plugin.js';

/** The session of an authentication, ready to carry messages. */
export function securedByAuthentication(
	session: AuthenticatedSession,
	identity: Identity,
	primitives: Primitives,
	host: PluginHost,
	maxMessageBytes: number,
): Secured {
	const exporter = new Exporter(primitives, session.secret);
	const peerMaxMessageBytes = Math.min(session.peerMaxMessageBytes, host.maxMessageBytes);
	const layer = new RecordLayer({ ...session, host, kind: 'auth', maxMessageBytes, peerMaxMessageBytes, mayHandOver: true });
	let paired = session.pairing === 'none';
	const channel: LinkscopeChannel = {
		protocol: 'linkscope/1',
		identity,
		peerIdentity: session.peerIdentity,
		peer: session.verified ? fingerprintOf(session.peerIdentity) : 'unverified',
		verified: session.verified,
		pairing: session.pairing,
		binding: exporter.binding,
		sessionId: exporter.sessionId,
		exportSecret: (label) => exporter.export(label),
		markPaired: () => {
			paired = true;
		},
		takeOver() {
			layer.takeOver();
			return {
				maxMessageBytes,
				peerMaxMessageBytes,
				get handedOver() {
					return layer.handedOver;
				},
			};
		},
	};
	return { layer, exporter, channel, isPaired: () => paired };
}
