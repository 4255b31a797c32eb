import { type Clock, integerOption, numberOption, type Payload, type Subscribable, systemClock } from '@linkscope/core';
import { ContinuityPlugin } from './continuity-plugin.js';
import { dialSession } from './dial.js';
import { type ContinuityLost, type SessionLimits, SessionState } from './session-state.js';

export interface ContinuityOptions {
	/** How long a session waits for its next connection. Default 120,000. */
	windowMs?: number;
	/** Messages the peer has not acknowledged, each counted with 64 bytes more. From 1 MiB; default 4 MiB. */
	maxBufferedBytes?: number;
	clock?: Clock;
}

const MIB = 1024 * 1024;

/** Defaults filled in and numbers checked. @throws RangeError naming the option. */
export function checkContinuityOptions(options: ContinuityOptions): SessionLimits {
	return {
		windowMs: numberOption('windowMs', options.windowMs, 120_000),
		maxBufferedBytes: integerOption('maxBufferedBytes', options.maxBufferedBytes, 4 * MIB, MIB),
		clock: options.clock ?? systemClock,
	};
}

/**
 * A session that outlives its connections: every message is delivered once and in order, whichever connection carries it, or the session
 * says that it is lost. The side that dials keeps one and gives `plugin()` to each of its connections, one after the other or the new
 * one before the old one ends; the accepting side has ContinuitySessions. It needs an authenticated peer below.
 */
export class ContinuitySession {
	/** Once, when it cannot go on: nobody resumed it in time, the peer has forgotten it, or it was closed before everything was acknowledged. */
	readonly onLost: Subscribable<ContinuityLost>;
	readonly #state: SessionState;

	/** @param state of a session that ContinuitySessions accepted. */
	constructor(options: ContinuityOptions = {}, state: SessionState = new SessionState(checkContinuityOptions(options))) {
		this.#state = state;
		this.onLost = state.lost;
	}

	/** Its name for both ends, 22 characters; null before the first connection. */
	get id(): string | null {
		return this.#state.agreed?.id ?? null;
	}

	/** Fingerprint of the peer; null before the first connection. */
	get peer(): string | null {
		return this.#state.agreed?.peer ?? null;
	}

	/** Its connections so far, those that failed to take it up included. */
	get generation(): number {
		return this.#state.generation;
	}

	/** Bytes accepted and not acknowledged yet. */
	get bufferedBytes(): number {
		return this.#state.outbox.bytes;
	}

	/** False when it was lost or closed: make a new one. */
	get isAlive(): boolean {
		return this.#state.over === null;
	}

	/** A plugin for one connection that dials. */
	plugin(): ContinuityPlugin {
		return new ContinuityPlugin(async (carrier, wire) => {
			await dialSession(this.#state, carrier, wire);
			return this;
		});
	}

	/**
	 * Sends one message, or keeps it for the next connection. It enters the chain at the plugin's place, so while a connection is ACTIVE send
	 * through that, and use this when there is none: what waits in a connection that never becomes ACTIVE is lost with it. Where send() of an
	 * ACTIVE connection throws anything but MESSAGE_TOO_BIG, SEND_QUEUE_FULL or a TypeError, that connection has just ended, and the message is kept here.
	 * @returns false: accepted, and much waits or is not acknowledged yet.
	 * @throws ConnectionError CONTINUITY_LOST, CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG. That message is then not taken.
	 */
	send(payload: Payload): boolean {
		if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
			throw new TypeError(`a message is a string or a Uint8Array, got ${payload === null ? 'null' : typeof payload}`);
		}
		const { outbox, carrier } = this.#state;
		this.#state.assertLiving();
		if (carrier) carrier.take(payload);
		else outbox.push(payload);
		return outbox.pressureBytes === 0;
	}

	/** Ends it: with its connection and in good order, or at once where there is none. */
	close(): void {
		const { carrier } = this.#state;
		if (carrier) carrier.close();
		else this.#state.finish();
	}
}
