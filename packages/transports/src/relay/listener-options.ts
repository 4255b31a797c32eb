import type { Backoff } from '@linkscope/core';
import { dialableUrl, type Identity, type KeyPair } from '@linkscope/crypto';
import type { DialOptions, DialUrl } from '../dial-options.js';
import { checkWho, keyOption } from './open-relay.js';
import { MAX_HINTS, MAX_RELAY_MESSAGE_BYTES } from './relay-messages.js';

export interface RelayListenerOptions extends DialOptions {
	/** ws: or wss: address of the relay. */
	relay: DialUrl;
	/** Who waits. Either this or `oneKeys`. */
	identity?: Identity;
	/** Waits at a ONE relay, under this Curve25519 key. Its transports are for `OneSessionPlugin({ role: 'acceptor', relayed: true })`. */
	oneKeys?: KeyPair;
	/** The relay's identity (its Curve25519 key with `oneKeys`), 32 bytes: at any other relay nothing is registered. */
	relayKey?: Uint8Array;
	/** Registrations that wait at the same time, 1 to 8: so many callers may come in one moment. Default 2. */
	spares?: number;
	/** The waits after a loss: `fullJitter()` of @linkscope/resilience. */
	backoff: Backoff;
	/** What the relay tells those who ask for us, at most 8 each: addresses to dial us directly, other relays where we wait, names of transports we speak. */
	endpoints?: readonly string[];
	relays?: readonly string[];
	transports?: readonly string[];
	/** For dialling the relay. Default 10,000. */
	handshakeTimeoutMs?: number;
}

// A proof without hints has less than 200 bytes.
const MAX_HINT_BYTES = MAX_RELAY_MESSAGE_BYTES - 256;

/** @throws TypeError or RangeError naming the option. */
export function checkListenerOptions({ identity, oneKeys, relayKey, backoff }: RelayListenerOptions): void {
	if ((identity === undefined) === (oneKeys === undefined)) throw new TypeError('either identity or oneKeys must be given, and not both');
	if (identity) checkWho({ identity });
	if (oneKeys) {
		keyOption('oneKeys.publicKey', oneKeys.publicKey);
		keyOption('oneKeys.secretKey', oneKeys.secretKey);
	}
	if (relayKey !== undefined) keyOption('relayKey', relayKey);
	if (typeof backoff?.next !== 'function') throw new TypeError('backoff must have next(attempt, previousMs): fullJitter() of @linkscope/resilience does');
}

/** What `discover` shall tell. @throws TypeError or RangeError naming the option. */
export function hintsOf({ endpoints = [], relays = [], transports = [] }: RelayListenerOptions): object {
	const hints = { endpoints, relays, transports };
	for (const [name, list] of Object.entries(hints)) {
		if (!Array.isArray(list) || list.some((item) => typeof item !== 'string')) throw new TypeError(`${name} must be a list of strings`);
		if (list.length > MAX_HINTS) throw new RangeError(`${name} must have at most ${MAX_HINTS} items, got ${list.length}`);
	}
	for (const address of [...endpoints, ...relays])
		if (dialableUrl(address) === null) throw new TypeError('endpoints and relays must be ws: or wss: addresses without user, password and fragment');
	if (new TextEncoder().encode(JSON.stringify(hints)).length > MAX_HINT_BYTES)
		throw new RangeError(`endpoints, relays and transports must have at most ${MAX_HINT_BYTES} bytes together`);
	return hints;
}
