import type { Transport } from './transport.js';

/** Stops and starts a transport's reading for several parties: it flows again when the last one is content. */
export class Valve {
	readonly #transport: Transport;
	readonly #closedBy = new Set<unknown>();

	constructor(transport: Transport) {
		this.#transport = transport;
	}

	/** @returns false where the transport cannot be stopped. */
	pause(by: unknown): boolean {
		if (!this.#transport.pause) return false;
		if (this.#closedBy.size === 0) this.#transport.pause();
		this.#closedBy.add(by);
		return true;
	}

	resume(by: unknown): void {
		if (this.#closedBy.delete(by) && this.#closedBy.size === 0) this.#transport.resume?.();
	}
}
