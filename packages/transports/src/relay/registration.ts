import { type Clock, type Payload, systemClock, TransportError } from '@linkscope/core';

export interface RegistrationEvents {
	clock?: Clock;
	/** @returns false where it only waits to be sent: the relay does not read. */
	send(frame: string): boolean;
	/** The registration is over, and the connection to the relay is to be closed. */
	fail(error: Error): void;
}

/** Until it is registered. */
const REGISTER_WITHIN_MS = 10_000;
const PING_GRACE_MS = 4_000;
const [SHORTEST_PING_MS, LONGEST_PING_MS] = [1_000, 60 * 60 * 1000];

/**
 * A listener's registration at a relay, without the socket: `begin()`, then every frame to `receive()` until that says 'call'. Three steps (who we are; the
 * proof; how often there will be a ping), then pings, then somebody calls.
 */
export abstract class Registration {
	readonly #events: RegistrationEvents;
	#state: 'new' | 'registering' | 'authenticating' | 'waiting' | 'over' = 'new';
	#pingIntervalMs = 0;
	#cancelTimer = (): void => {};

	constructor(events: RegistrationEvents) {
		this.#events = events;
	}

	/** True once the relay hands callers over to us. */
	get isWaiting(): boolean {
		return this.#state === 'waiting';
	}

	/** Who calls, where the relay has had it proved; null otherwise. */
	get from(): Uint8Array | null {
		return null;
	}

	begin(): void {
		if (this.#state !== 'new') return;
		this.#state = 'registering';
		this.#expectWithin(REGISTER_WITHIN_MS);
		this.#say(this.hello());
	}

	/** @returns 'call' when this frame says that somebody calls: what follows it is not for the registration any more. */
	receive(frame: Payload): 'call' | 'consumed' {
		if (this.#state === 'new') throw new TypeError('begin() comes before receive()');
		if (this.#state === 'over') return 'consumed';
		try {
			return this.#take(frame);
		} catch (error) {
			this.#fail(this.named(error as Error));
			return 'consumed';
		}
	}

	/** No timer is left. */
	stop(): void {
		this.#state = 'over';
		this.#cancelTimer();
	}

	/** The first message. */
	protected abstract hello(): object;
	/** The answer to the relay's challenge. */
	protected abstract prove(frame: Payload): object;
	/** The interval of the relay's pings that it tells once this side is registered, as it wrote it. */
	protected abstract registered(frame: Payload): unknown;
	/** Whether the frame is a call; if not, it is a ping. */
	protected abstract isCall(frame: Payload): boolean;
	protected abstract pong(): object;
	/** What was thrown, as an error of this package. */
	protected abstract named(error: Error): Error;

	#take(frame: Payload): 'call' | 'consumed' {
		if (this.#state === 'registering') this.#authenticate(frame);
		else if (this.#state === 'authenticating') this.#succeed(frame);
		else if (this.isCall(frame)) {
			this.stop();
			return 'call';
		} else this.#answerPing();
		return 'consumed';
	}

	#authenticate(frame: Payload): void {
		const proof = this.prove(frame);
		this.#state = 'authenticating';
		this.#say(proof);
	}

	#succeed(frame: Payload): void {
		const interval = this.registered(frame);
		const isInRange = typeof interval === 'number' && interval >= SHORTEST_PING_MS && interval <= LONGEST_PING_MS;
		if (!isInRange) throw new TransportError('MALFORMED_FRAME', `relay: the interval of pings must be from ${SHORTEST_PING_MS} to ${LONGEST_PING_MS} ms`);
		this.#state = 'waiting';
		this.#pingIntervalMs = interval;
		this.#expectWithin(interval + PING_GRACE_MS);
	}

	/** A relay may ask at any time, somebody may have asked it to; but it reads the answers. */
	#answerPing(): void {
		this.#expectWithin(this.#pingIntervalMs + PING_GRACE_MS);
		if (!this.#say(this.pong())) throw new TransportError('SEND_QUEUE_FULL', 'relay: more pings came than the relay reads answers');
	}

	#say(message: object): boolean {
		return this.#events.send(JSON.stringify(message));
	}

	#expectWithin(ms: number): void {
		this.#cancelTimer();
		this.#cancelTimer = (this.#events.clock ?? systemClock).after(ms, () => {
			this.#fail(new TransportError('HANDSHAKE_TIMEOUT', `relay: nothing was heard for ${ms} ms while this side was ${this.#state}`));
		});
	}

	#fail(error: Error): void {
		this.stop();
		this.#events.fail(error);
	}
}
