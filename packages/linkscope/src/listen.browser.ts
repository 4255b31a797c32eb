import { type Subscribable, TransportError } from '@linkscope/core';
import { type AcceptConnectionsOptions, AcceptedConnections } from './accept-connections.js';
import { type RelayStatus, WaitingAtRelays } from './relays/waiting-at-relays.js';
import { withHeadroom } from './security/security-plugins.js';

export interface ListenOptions extends AcceptConnectionsOptions<{ relay: string }> {
	/** ws: or wss: addresses of relays at which to wait: a page has no port of its own. */
	relays: readonly string[];
}

export interface Listener {
	readonly connectionCount: number;
	/** How it stands at each relay. */
	readonly relays: readonly RelayStatus[];
	/** Every change at a relay. */
	readonly onRelays: Subscribable<readonly RelayStatus[]>;
	/** Takes no more, and closes every connection within `closeTimeoutMs`, with 1000: browsers let a page say no 1001. Never rejects. */
	close(): Promise<void>;
}

/**
 * Accepts connections through relays: a page has no port. Every one is authenticated and encrypted end to end, and with `invites` peers pair by them.
 * Resolves when each relay has taken this side or failed once; one that failed is tried again and again, unless it refused for good.
 * @throws TransportError LISTEN_UNSUPPORTED without relays; what the last one failed with where none took this side; TypeError or RangeError naming the option.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
	if (!options?.relays?.length) {
		throw new TransportError(
			'LISTEN_UNSUPPORTED',
			'listen() in a page waits at relays alone: give it some, listen({ identity, relays: [url] }), or dial, with connect()',
		);
	}
	const accepted = new AcceptedConnections(options);
	const waiting = new WaitingAtRelays(withHeadroom(options), {
		endpointsFor: () => [],
		onCall: (transport, relay) => accepted.accept(transport, { relay }),
	});
	await waiting.start().catch((error) => {
		waiting.stop();
		throw error;
	});
	return {
		get connectionCount() {
			return accepted.count;
		},
		get relays() {
			return waiting.status;
		},
		onRelays: waiting.onStatus,
		close() {
			waiting.stop();
			return accepted.close();
		},
	};
}
