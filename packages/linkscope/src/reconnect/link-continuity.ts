import { Emitter, type Payload, type Plugin } from '@linkscope/core';
import { type ContinuityLost, type ContinuityOptions, ContinuitySession } from '@linkscope/plugins';
import type { LinkSession } from '@linkscope/resilience';

/** The session of a link: one after the other, where one cannot go on. */
export class LinkContinuity implements LinkSession {
	readonly onLost = new Emitter<ContinuityLost>();
	readonly #options: ContinuityOptions;
	#session: ContinuitySession;
	#isClosed = false;

	/** @throws RangeError naming the option. */
	constructor(options: ContinuityOptions) {
		this.#options = options;
		this.#session = this.#begin();
	}

	get bufferedBytes(): number {
		return this.#session.bufferedBytes;
	}

	/** For the next connection. */
	plugin(): Plugin {
		return this.#living.plugin();
	}

	send(payload: Payload): boolean {
		return this.#living.send(payload);
	}

	close(): void {
		this.#isClosed = true;
		this.#session.close();
	}

	get #living(): ContinuitySession {
		// The peer has forgotten it, or ended it in good order.
		if (!this.#session.isAlive && !this.#isClosed) this.#session = this.#begin();
		return this.#session;
	}

	#begin(): ContinuitySession {
		const session = new ContinuitySession(this.#options);
		session.onLost.on((lost) => this.onLost.emit(lost));
		return session;
	}
}
