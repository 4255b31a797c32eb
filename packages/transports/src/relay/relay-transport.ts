import { type AbortSignal, type Payload, type Transport, TransportError, type TransportFeatures, type TransportSink } from '@linkscope/core';
import type { RelayLine } from './relay-line.js';

/** A peer behind a relay: uses the socket to the relay from here on. */
export class RelayTransport implements Transport {
	readonly kind = 'relay';
	readonly #line: RelayLine;
	readonly #join: () => Promise<void> | void;
	#isOpened = false;

	/** @param join does what is left until the line is piped. */
	constructor(line: RelayLine, join: () => Promise<void> | void) {
		this.#line = line;
		this.#join = join;
	}

	/** The relay's address: that of the peer, where it has one, does not matter here. */
	get remote(): string {
		return this.#line.below.remote;
	}

	get features(): TransportFeatures {
		return this.#line.below.features;
	}

	async open(sink: TransportSink, signal: AbortSignal): Promise<void> {
		if (this.#isOpened) throw new TransportError('OPEN_REUSED', 'relay: a transport opens once: make a new one to dial again');
		this.#isOpened = true;
		this.#line.attach(sink);
		await this.#line.during(signal, this.#join);
	}

	send(payload: Payload): boolean {
		return this.#line.send(payload);
	}

	opaque(): void {
		this.#line.below.opaque?.();
	}

	/** Absent where the platform cannot stop reading. */
	get pause(): (() => void) | undefined {
		return this.#line.below.pause && this.#pause;
	}

	resume(): void {
		this.#line.below.resume?.();
	}

	close(code: number, reason: string): void {
		this.#line.close(code, reason);
	}

	terminate(): void {
		this.#line.terminate();
	}

	readonly #pause = (): void => this.#line.below.pause?.();
}
