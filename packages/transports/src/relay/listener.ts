import { asError, codeOf, Emitter, integerOption, type Subscribable, systemClock, TransportError, type Unsubscribe } from '@linkscope/core';
import type { Identity } from '@linkscope/crypto';
import { CallRate } from './call-rate.js';
import { checkListenerOptions, hintsOf, type RelayListenerOptions } from './listener-options.js';
import { NativeRegistration } from './native-registration.js';
import { type Dial, lineTo } from './open-relay.js';
import { isFinal } from './refusals.js';
import type { Registration, RegistrationEvents } from './registration.js';
import { type RelayCall, Spare } from './spare.js';

export interface RelayListenerStatus {
	/** connecting: nothing is registered yet. waiting: it can be called. retrying: nothing is registered, and it waits before it tries again. */
	readonly state: 'stopped' | 'connecting' | 'waiting' | 'retrying';
	/** Registrations that wait to be called. */
	readonly waiting: number;
	/** What went wrong last; null once a registration has succeeded since. */
	readonly error: Error | null;
}

export interface RelayListener extends RelayListenerStatus {
	/** Each caller. Without a subscriber it is closed at once with 1013. */
	readonly onTransport: Subscribable<RelayCall>;
	/** Every change. A listener that is stopped with an error has ended by itself: the relay refused it, and trying again as it is would gain nothing. */
	readonly onState: Subscribable<RelayListenerStatus>;
	start(): void;
	/** Nothing stays registered; transports that were handed over go on. It may be started again. */
	stop(): void;
}

/** A registration that has held for so long shows that the relay works: the next loss begins with a short wait. */
const HELD_MS = 5_000;
/** After RELAY_RATE, on top of the wait: the relay's patience grows back slowly. */
const RATE_PAUSE_MS = 30_000;

/**
 * `createRelayListener` on a platform.
 * @throws TransportError URL_INVALID; TypeError or RangeError naming the option.
 */
export function createRelayListenerOn(dial: Dial, options: RelayListenerOptions): RelayListener {
	return new Listener(dial, options);
}

type Register = (events: RegistrationEvents) => Registration;

class Listener implements RelayListener {
	readonly onTransport = new Emitter<RelayCall>();
	readonly onState = new Emitter<RelayListenerStatus>();
	readonly #dial: Dial;
	readonly #options: RelayListenerOptions;
	readonly #wanted: number;
	readonly #hints: object;
	readonly #spares = new Set<Spare>();
	readonly #callRate: CallRate;
	#isRunning = false;
	#register: Register | null = null;
	/** Less than wanted where the relay, or another user of the identity, does not leave us more. */
	#allowed = 0;
	/** The last thing that happened to a registration was good. */
	#isHealthy = false;
	#attempt = 0;
	#previousMs = 0;
	#cancelRetry: Unsubscribe | null = null;
	#error: Error | null = null;
	#told = '';

	constructor(dial: Dial, options: RelayListenerOptions) {
		checkListenerOptions(options);
		this.#wanted = integerOption('spares', options.spares, 2, 1, 8);
		this.#hints = hintsOf(options);
		this.#dial = dial;
		this.#options = options;
		this.#callRate = new CallRate(options.clock ?? systemClock);
		this.#line(); // A mistake in the options shows here, not at the first dial.
	}

	get state(): RelayListenerStatus['state'] {
		if (!this.#isRunning) return 'stopped';
		if (this.waiting > 0) return 'waiting';
		return this.#cancelRetry ? 'retrying' : 'connecting';
	}

	get waiting(): number {
		let waiting = 0;
		for (const spare of this.#spares) if (spare.isWaiting) waiting++;
		return waiting;
	}

	get error(): Error | null {
		return this.#error;
	}

	start(): void {
		if (this.#isRunning) return;
		this.#isRunning = true;
		this.#error = null;
		this.#attempt = 0;
		this.#previousMs = 0;
		this.#isHealthy = false;
		this.#allowed = this.#wanted;
		if (this.#register) this.#fill();
		else this.#load().catch((error) => this.#end(asError(error)));
		this.#tell();
	}

	stop(): void {
		if (this.#isRunning) this.#end(null);
	}

	/** What ONE needs is loaded by those who use it. */
	async #load(): Promise<void> {
		const { identity, oneKeys: keys, relayKey } = this.#options;
		if (keys) {
			const { OneRegistration } = await import('./one-registration.js');
			this.#register = (events) => new OneRegistration({ ...events, keys, relayKey });
		} else {
			const who = { identity: identity as Identity, origin: this.#line().settings.origin, relayKey, role: 'listener', hints: this.#hints } as const;
			this.#register = (events) => new NativeRegistration(events, who);
		}
		this.#fill();
	}

	#line() {
		return lineTo(this.#dial, this.#options.relay, this.#options);
	}

	/** As long as nobody knows whether the relay is there, one goes ahead and the others follow when it is registered. */
	#fill(): void {
		if (!this.#isRunning || this.#cancelRetry || !this.#register) return;
		const wanted = this.#isHealthy ? this.#allowed : this.waiting + 1;
		while (this.#spares.size < Math.min(wanted, this.#allowed)) this.#add(this.#register);
	}

	#add(register: Register): void {
		const spare: Spare = new Spare(this.#line(), register, {
			waiting: () => {
				this.#isHealthy = true;
				this.#error = null;
				this.#fill();
				this.#tell();
			},
			called: (call) => {
				this.#spares.delete(spare);
				if (this.#callRate.take()) {
					this.#forgetFailures();
					this.#fill();
				} else this.#tooManyCalls();
				this.#tell();
				if (this.onTransport.count === 0) call.transport.close(1013, 'nobody takes connections yet');
				else this.onTransport.emit(call);
			},
			lost: (error) => {
				this.#spares.delete(spare);
				this.#lost(error, spare.waitedMs);
			},
		});
		this.#spares.add(spare);
		void spare.start();
	}

	#lost(error: Error, waitedMs: number): void {
		if (isFinal(error)) return this.#end(error);
		this.#error = error;
		this.#isHealthy = false;
		const isReplaced = codeOf(error) === 'RELAY_REPLACED';
		// Who took its place would lose it to us, and we to them.
		if (isReplaced && this.waiting > 0) this.#allowed = Math.max(1, this.#allowed - 1);
		else if (waitedMs >= HELD_MS && !isReplaced) this.#forgetFailures();
		if (!this.#cancelRetry) this.#retryLater(error);
		this.#tell();
	}

	#tooManyCalls(): void {
		this.#error = new TransportError('RELAY_RATE', `relay: ${this.#line().settings.origin} hands over more calls than it should: this side pauses`);
		if (!this.#cancelRetry) this.#retryLater(this.#error);
	}

	/** All spares wait together: so many that were lost at once must not come back at once. */
	#retryLater(error: Error): void {
		const waitMs = this.#options.backoff.next(++this.#attempt, this.#previousMs);
		if (waitMs === null) return this.#end(error);
		this.#previousMs = waitMs;
		const pauseMs = codeOf(error) === 'RELAY_RATE' ? RATE_PAUSE_MS : 0;
		const retry = (): void => {
			this.#cancelRetry = null;
			if (this.#spares.size === 0) this.#allowed = this.#wanted;
			this.#fill();
			this.#tell();
		};
		// No socket keeps the process alive meanwhile, and who listens wants to go on listening.
		this.#cancelRetry = (this.#options.clock ?? systemClock).after(waitMs + pauseMs, retry, { keepAlive: true });
	}

	#forgetFailures(): void {
		this.#attempt = 0;
		this.#previousMs = 0;
	}

	#end(error: Error | null): void {
		this.#isRunning = false;
		this.#error = error;
		this.#cancelRetry?.();
		this.#cancelRetry = null;
		const spares = [...this.#spares];
		this.#spares.clear();
		for (const spare of spares) spare.stop();
		this.#tell();
	}

	#tell(): void {
		const { state, waiting, error } = this;
		const news = `${state} ${waiting} ${error?.message}`;
		if (news === this.#told) return;
		this.#told = news;
		this.onState.emit({ state, waiting, error });
	}
}
