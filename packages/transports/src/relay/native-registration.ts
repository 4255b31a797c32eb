import type { Payload } from '@linkscope/core';
import { bytesField, textField } from '@linkscope/crypto';
import { type Introducing, Introduction } from './introduction.js';
import { asRelayError } from './refusals.js';
import { Registration, type RegistrationEvents } from './registration.js';
import { readRelayMessage } from './relay-messages.js';

/** A registration of an identity at a relay of linkscope (docs/protocol.md#relay). Ends through `fail` with TransportErrors. */
export class NativeRegistration extends Registration {
	readonly #introduction: Introduction;
	readonly #origin: string;
	#from: Uint8Array | null = null;

	constructor(events: RegistrationEvents, who: Introducing) {
		super(events);
		this.#introduction = new Introduction(who);
		this.#origin = who.origin;
	}

	override get from(): Uint8Array | null {
		return this.#from;
	}

	protected hello(): object {
		return this.#introduction.hello();
	}

	protected prove(frame: Payload): object {
		return this.#introduction.answer(frame).proof;
	}

	protected registered(frame: Payload): unknown {
		return readRelayMessage(frame, 'relay_registered').ping_interval_ms;
	}

	protected isCall(frame: Payload): boolean {
		const message = readRelayMessage(frame, 'relay_ping', 'relay_incoming');
		if (textField(message, 'type') === 'relay_ping') return false;
		this.#from = bytesField(message, 'from', 32);
		return true;
	}

	protected pong(): object {
		return { type: 'relay_pong' };
	}

	protected named(error: Error): Error {
		return asRelayError(error, this.#origin);
	}
}
