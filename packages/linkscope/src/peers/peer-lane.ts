import { ConnectionError, type Payload } from '@linkscope/core';
import type { PeerConnection } from './peer-connection.js';
import { PeerQueue } from './peer-queue.js';

/** The sending end of one channel: over what carries it, or into a queue until something does. */
export class PeerLane {
	readonly #queue = new PeerQueue();
	#carrier: PeerConnection | null = null;
	#waiting: { resolve(): void; reject(error: Error): void }[] = [];
	#closed: Error | null = null;
	/** A message that the connection would not take. */
	readonly #refused: (error: Error, payload: Payload) => void;

	constructor(refused: (error: Error, payload: Payload) => void) {
		this.#refused = refused;
	}

	/** Whether something waits for a carrier. */
	get isWanted(): boolean {
		return !this.#queue.isEmpty || this.#waiting.length > 0;
	}

	/** @returns false: wait for `drained()`. @throws as a connection's send() does. */
	send(payload: Payload): boolean {
		if (this.#closed) throw this.#closed;
		if (this.#carrier?.carries && this.#queue.isEmpty) return this.#carrier.send(payload);
		if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) throw new TypeError(`a message is a string or a Uint8Array, got ${typeof payload}`);
		this.#queue.push(payload);
		return false;
	}

	async drained(): Promise<void> {
		while (!(await (await this.carrier()).drained().then(isSo, isNotSo)));
	}

	/** What carries the channel, as soon as something does. @throws ConnectionError CONNECTION_CLOSED. */
	async carrier(): Promise<PeerConnection> {
		while (!this.#closed) {
			if (this.#carrier?.carries) return this.#carrier;
			await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
		}
		throw this.#closed;
	}

	carry(carrier: PeerConnection | null): void {
		this.#carrier = carrier;
		if (!carrier) return;
		while (carrier.carries) {
			const payload = this.#queue.shift();
			if (payload === undefined) break;
			try {
				carrier.send(payload);
			} catch (error) {
				this.#refused(error as Error, payload);
			}
		}
		for (const { resolve } of this.#waiting.splice(0)) resolve();
	}

	/** @returns what has not left. */
	close(): Payload[] {
		this.#closed = new ConnectionError('CONNECTION_CLOSED', 'peer: it was closed');
		for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
		return this.#queue.clear();
	}
}

const isSo = () => true;
const isNotSo = () => false;
