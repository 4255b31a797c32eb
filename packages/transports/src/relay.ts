import type { AbortSignal, Transport } from '@linkscope/core';
import type { DialUrl } from './dial-options.js';
import { createRelayListenerOn, type RelayListener } from './relay/listener.js';
import type { RelayListenerOptions } from './relay/listener-options.js';
import { type DialRelayOptions, dialRelayOn, openRelayOn, type RelayOptions, type RelaySession } from './relay/open-relay.js';
import { dialWebSocket } from './websocket.js';

export { relayOrigin } from '@linkscope/crypto';
export type { RelayListener, RelayListenerStatus } from './relay/listener.js';
export type { RelayListenerOptions } from './relay/listener-options.js';
export type { DialRelayOptions, RelayOptions, RelaySession } from './relay/open-relay.js';
export type { RelayEndpoints } from './relay/relay-messages.js';
export type { RelayCall } from './relay/spare.js';

/**
 * Dials a relay and says who is there, to ask for somebody (`discover`) and to be led there (`dial`).
 * @param signal ends the opening and leaves nothing open; a session that stands has `close()`.
 * @throws TransportError URL_INVALID, OPEN_FAILED, OPEN_TIMEOUT, OPEN_ABORTED, PEER_MISMATCH, AUTH_FAILED, HANDSHAKE_TIMEOUT, or what the relay
 * answered: docs/errors.md#relays. TypeError or RangeError naming the option.
 */
export function openRelay(url: DialUrl, options: RelayOptions, signal?: AbortSignal): Promise<RelaySession> {
	return openRelayOn(dialWebSocket, url, options, signal);
}

/**
 * A transport to whoever waits at a relay under the identity `target`. Who answers there proves itself to the plugins above, or not.
 * @throws TransportError URL_INVALID; TypeError or RangeError naming the option. open() rejects as openRelay() does, and with NOT_REGISTERED.
 */
export function dialRelay(url: DialUrl, options: DialRelayOptions): Transport {
	return dialRelayOn(dialWebSocket, url, options);
}

/**
 * Waits at a relay to be called. Keeps registrations in reserve, renews what is used up or lost, and gives up only where the relay refuses it.
 * @throws TransportError URL_INVALID; TypeError or RangeError naming the option.
 */
export function createRelayListener(options: RelayListenerOptions): RelayListener {
	return createRelayListenerOn(dialWebSocket, options);
}
