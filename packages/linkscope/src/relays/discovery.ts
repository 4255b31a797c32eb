import { type AbortSignal, type Clock, TransportError } from '@linkscope/core';
import { openRelay, type RelayEndpoints, type RelayOptions, type RelaySession, relayOrigin } from '@linkscope/transports/relay';
import { Race, type Try } from './race.js';

/** Where a peer waits. */
export interface Found {
	/** The relay that knows it. */
	readonly relay: string;
	/** Open, and good for one dial. */
	readonly session: RelaySession;
	/** What the peer has told there: hearsay, until somebody proves at one of these addresses to be the peer. */
	readonly endpoints: RelayEndpoints;
}

export interface DiscoveryOptions extends RelayOptions {
	clock: Clock;
	signal?: AbortSignal;
}

/** Asks relays for a peer, one after the other, until one of them knows it. */
export class Discovery implements Try<Found> {
	/** @throws what the last relay failed with, NOT_REGISTERED where the peer is not there; `errors` are those of each. */
	readonly result: Promise<Found>;
	/** Sent and received so far, by all relays. */
	messages = 0;
	readonly #target: Uint8Array;
	readonly #options: DiscoveryOptions;
	readonly #race: Race<Found>;

	constructor(relays: readonly string[], target: Uint8Array, options: DiscoveryOptions) {
		const { clock, signal } = options;
		this.#target = target;
		this.#options = options;
		// A mistake in the options is the same at every relay.
		this.#race = new Race({ clock, isFinal: (error) => !(error instanceof TransportError) });
		this.#race.enter({ direct: relays.map((relay) => () => this.#ask(relay)) }, true);
		const abort = (): void => this.drop();
		signal?.addEventListener('abort', abort, { once: true });
		if (signal?.aborted) abort();
		this.result = this.#race.result.finally(() => signal?.removeEventListener('abort', abort));
	}

	drop(): void {
		this.#race.drop();
	}

	#ask(relay: string): Try<Found> {
		const opening = new AbortController();
		let session: RelaySession | null = null;
		const ask = async (): Promise<Found> => {
			session = await openRelay(relay, this.#options, opening.signal);
			// relay_hello, relay_challenge, relay_proof.
			this.messages += 3;
			const endpoints = await session.discover(this.#target);
			this.messages += 2;
			if (endpoints.registered) return { relay, session, endpoints };
			session.close();
			throw new TransportError(
				'NOT_REGISTERED',
				`relay: the peer is not online at ${relayOrigin(relay)}: ask it to open its application and to wait there, then try again`,
			);
		};
		return {
			result: ask(),
			drop() {
				opening.abort();
				session?.close();
			},
		};
	}
}
