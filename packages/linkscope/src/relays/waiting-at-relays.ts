import { type ConnectionOptions, Emitter, type Subscribable, type Transport, TransportError } from '@linkscope/core';
import type { Identity } from '@linkscope/crypto';
import { fullJitter } from '@linkscope/resilience';
import { createRelayListener, type RelayListener, type RelayListenerStatus } from '@linkscope/transports/relay';

export interface WaitingOptions extends Pick<ConnectionOptions, 'clock' | 'handshakeTimeoutMs'> {
	identity?: Identity;
	maxMessageBytes?: number;
	/** ws: or wss: addresses of relays at which to wait, for peers that cannot reach this side; needs an `identity`. */
	relays?: readonly string[];
}

/** How it stands at one relay. */
export interface RelayStatus extends RelayListenerStatus {
	readonly relay: string;
}

export interface RelayCalls {
	/** Addresses of this side's own that a relay may tell to those who look for it. */
	endpointsFor: (relay: string) => readonly string[];
	onCall: (transport: Transport, relay: string) => void;
}

/** This side at the relays where it can be called. */
export class WaitingAtRelays {
	/** Every change at any of them. */
	readonly onStatus: Subscribable<readonly RelayStatus[]>;
	readonly #listeners: ReadonlyMap<string, RelayListener>;

	/** @throws TypeError or RangeError naming the option; TransportError URL_INVALID. */
	constructor({ relays = [], identity, clock, handshakeTimeoutMs, maxMessageBytes }: WaitingOptions, { endpointsFor, onCall }: RelayCalls) {
		if (!Array.isArray(relays)) throw new TypeError('relays must be an array of ws: or wss: addresses');
		if (relays.length > 0 && identity === undefined) {
			throw new TypeError('relays needs an identity, by which peers ask for this side: createIdentity() makes one, loadOrCreateIdentity() keeps it');
		}
		const statuses = new Emitter<readonly RelayStatus[]>();
		this.onStatus = statuses;
		const listenerAt = (relay: string): RelayListener => {
			const endpoints = endpointsFor(relay);
			const hints = { endpoints, relays: relays.filter((other) => other !== relay), transports: endpoints.length > 0 ? ['websocket', 'relay'] : ['relay'] };
			const listener = createRelayListener({ relay, identity, backoff: fullJitter(), clock, handshakeTimeoutMs, maxMessageBytes, ...hints });
			listener.onTransport.on(({ transport }) => onCall(transport, relay));
			listener.onState.on(() => statuses.emit(this.status));
			return listener;
		};
		this.#listeners = new Map([...new Set(relays)].map((relay) => [relay, listenerAt(relay)]));
	}

	get status(): RelayStatus[] {
		return [...this.#listeners].map(([relay, { state, waiting, error }]) => ({ relay, state, waiting, error }));
	}

	/**
	 * Resolves when each relay has taken this side or has failed once; those that failed are tried again, unless they refused it for good.
	 * @throws what the last one failed with, where none has taken it.
	 */
	async start(): Promise<void> {
		if (this.#listeners.size === 0) return;
		const answered = new Promise<void>((resolve) => {
			const forget = this.onStatus.on((all) => {
				if (all.some(({ state }) => state === 'connecting')) return;
				forget();
				resolve();
			});
		});
		for (const listener of this.#listeners.values()) listener.start();
		await answered;
		if (this.status.some(({ state }) => state === 'waiting')) return;
		const errors = this.status.flatMap(({ error }) => error ?? []);
		throw errors.at(-1) ?? new TransportError('LISTEN_FAILED', 'relay: stopped before any relay took this side');
	}

	stop(): void {
		for (const listener of this.#listeners.values()) listener.stop();
	}
}
