import type { Clock, Payload, Transport } from '@linkscope/core';
import type { Registration, RegistrationEvents } from './registration.js';
import type { RelayLine } from './relay-line.js';
import { RelayTransport } from './relay-transport.js';

/** Somebody who calls through a relay. */
export interface RelayCall {
	/** Open it (a Connection with `initiator: false` does) or close it: until then the caller waits, and gives up after some seconds. */
	readonly transport: Transport;
	/** The identity that the caller has proved to the relay, 32 bytes: the relay's word, no more. null for callers of ONE. */
	readonly from: Uint8Array | null;
}

export interface SpareEvents {
	waiting(): void;
	called(call: RelayCall): void;
	/** Over, and not by `stop()`. */
	lost(error: Error): void;
}

/** One registration at a relay, from dialling until somebody calls. */
export class Spare {
	readonly #line: RelayLine;
	readonly #events: SpareEvents;
	readonly #clock: Clock;
	readonly #registration: Registration;
	#waitingSince: number | null = null;

	constructor(line: RelayLine, register: (events: RegistrationEvents) => Registration, events: SpareEvents) {
		this.#line = line;
		this.#events = events;
		this.#clock = line.settings.clock;
		this.#registration = register({ clock: this.#clock, send: (frame) => line.below.send(frame), fail: (error) => line.fail(error) });
		line.onFailure = (error) => {
			this.#registration.stop();
			events.lost(error);
		};
	}

	get isWaiting(): boolean {
		return this.#registration.isWaiting;
	}

	/** How long it has waited to be called, or had; 0 where it never was registered. */
	get waitedMs(): number {
		return this.#waitingSince === null ? 0 : this.#clock.now() - this.#waitingSince;
	}

	async start(): Promise<void> {
		try {
			await this.#line.open();
		} catch {
			return; // onFailure has told
		}
		this.#line.listen((frame) => this.#receive(frame));
		this.#registration.begin();
	}

	stop(): void {
		this.#registration.stop();
		this.#line.close(1000, '');
	}

	#receive(frame: Payload): void {
		const wasWaiting = this.isWaiting;
		if (this.#registration.receive(frame) === 'call') return this.#called(frame);
		if (wasWaiting || !this.isWaiting) return;
		this.#waitingSince = this.#clock.now();
		this.#events.waiting();
	}

	#called(frame: Payload): void {
		const line = this.#line;
		line.onFailure = () => {};
		const { from } = this.#registration;
		if (from) {
			line.hold();
			// Said when it is opened: until then the relay keeps what the caller sends.
			const join = (): void => {
				line.say({ type: 'relay_ready' });
				line.pipe();
			};
			this.#events.called({ transport: new RelayTransport(line, join), from });
		} else {
			line.hold(frame);
			this.#events.called({ transport: new RelayTransport(line, () => line.pipe()), from: null });
		}
	}
}
