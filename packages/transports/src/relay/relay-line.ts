import {
	type AbortSignal,
	byteLength,
	type Clock,
	type CloseInfo,
	closeCodeFor,
	codeOf,
	MESSAGE_OVERHEAD_BYTES,
	type Payload,
	type Transport,
	TransportError,
	type TransportSink,
} from '@linkscope/core';
import { asRelayError, peersEnd, refusalOf } from './refusals.js';

export interface LineSettings {
	clock: Clock;
	/** For dialling, and for each answer that is waited for. */
	timeoutMs: number;
	/** Of the relay, for error texts. */
	origin: string;
}

/** What a peer may have sent before its transport is opened. A relay holds half of that, and honest peers wait for an answer. */
const MAX_EARLY_BYTES = 128 * 1024;

/**
 * A connection to a relay. First both talk, one question and one answer at a time; what nobody asked for ends it. Then it is held until there is a sink,
 * or piped at once: from there every frame is the peer's.
 */
export class RelayLine implements TransportSink {
	/** It ended before it was piped; not called where this side closed it. */
	onFailure: (error: Error) => void = () => {};
	readonly below: Transport;
	readonly settings: LineSettings;
	#phase: 'talking' | 'held' | 'piped' | 'over' = 'talking';
	#take: ((frame: Payload) => void) | null = null;
	#waiting: { reject(error: Error): void } | null = null;
	#failure: Error | null = null;
	#closedHere = false;
	#sink: TransportSink | null = null;
	#socket: object | null = null;
	#early: Payload[] = [];
	#earlyBytes = 0;
	/** Of the talk, for a sink that came later. */
	#bytesOut = 0;
	#bytesIn = 0;

	constructor(below: Transport, settings: LineSettings) {
		this.below = below;
		this.settings = settings;
	}

	/** Dials the relay. @throws TransportError of the transport below, OPEN_TIMEOUT, OPEN_ABORTED. */
	open(): Promise<void> {
		return this.#within('OPEN_TIMEOUT', 'a connection', (resolve) => {
			this.below.open(this, new AbortController().signal).then(resolve, (error: Error) => this.#end(error));
		});
	}

	say(message: object): void {
		this.below.send(JSON.stringify(message));
	}

	/**
	 * Waits for the next frame. @param take runs in the turn of the frame, so that it may pipe what follows in the same turn; what it throws ends the line.
	 * @throws TransportError why the line ended; HANDSHAKE_TIMEOUT.
	 */
	answer<T>(what: string, take: (frame: Payload) => T): Promise<T> {
		return this.#within('HANDSHAKE_TIMEOUT', what, (resolve) => {
			this.#take = (frame) => {
				this.#take = null;
				resolve(take(frame));
			};
		});
	}

	/** Every frame goes to `take`, until it holds or pipes them. */
	listen(take: (frame: Payload) => void): void {
		this.#take = take;
	}

	/** Runs `work`; an abort meanwhile ends it at once and leaves nothing open. */
	async during<T>(signal: AbortSignal | undefined, work: () => Promise<T> | T): Promise<T> {
		const abort = (): void => {
			this.#giveUp(new TransportError('OPEN_ABORTED', 'relay: opening was aborted', { cause: signal?.reason }));
			this.below.terminate();
		};
		signal?.addEventListener('abort', abort, { once: true });
		try {
			if (signal?.aborted) abort();
			if (this.#failure) throw this.#failure;
			return await work();
		} finally {
			signal?.removeEventListener('abort', abort);
		}
	}

	/** Whom to tell about socket and bytes from now on, and about everything once it is piped. */
	attach(sink: TransportSink): void {
		this.#sink = sink;
		if (this.#socket) sink.claim(this.#socket);
		if (this.#bytesIn + this.#bytesOut > 0) sink.wire(this.#bytesOut, this.#bytesIn);
	}

	/** What comes from now on is the peer's, and waits for `pipe()`. */
	hold(...frames: Payload[]): void {
		// Reading goes on, or the end of somebody who does not wait any longer would not be noticed.
		this.#phase = 'held';
		for (const frame of frames) this.#keep(frame);
	}

	/** What was held and what comes goes to the sink. */
	pipe(): void {
		const early = this.#early;
		this.#early = [];
		this.#phase = 'piped';
		for (const frame of early) this.#sink?.message(frame);
	}

	send(payload: Payload): boolean {
		return this.#phase === 'piped' && this.below.send(payload);
	}

	close(code: number, reason: string): void {
		this.#closedHere = true;
		this.#giveUp(new TransportError('OPEN_ABORTED', 'relay: closed before it was open'));
		this.below.close(code, reason);
	}

	terminate(): void {
		this.#closedHere = true;
		this.#giveUp(new TransportError('OPEN_ABORTED', 'relay: terminated before it was open'));
		this.below.terminate();
	}

	/** The relay, or this side's patience, has failed: tells the relay and whoever waits. */
	fail(error: Error): void {
		if (this.#phase === 'over') return;
		this.#end(error);
		this.below.close(closeCodeFor(error), codeOf(error) ?? '');
	}

	// What the transport below reports.

	message(frame: Payload): void {
		if (this.#phase === 'piped') this.#sink?.message(frame);
		else if (this.#phase === 'held') this.#keep(frame);
		else if (this.#phase === 'talking') this.#hear(frame);
	}

	drained(): void {
		if (this.#phase === 'piped') this.#sink?.drained();
	}

	wire(bytesOut: number, bytesIn: number): void {
		if (this.#sink) return this.#sink.wire(bytesOut, bytesIn);
		this.#bytesOut += bytesOut;
		this.#bytesIn += bytesIn;
	}

	claim(socket: object): void {
		this.#socket = socket;
		this.#sink?.claim(socket);
	}

	closed(info: CloseInfo): void {
		if (this.#phase === 'piped' || this.#closedHere) this.#sink?.closed(peersEnd(info));
		this.#early = [];
		if (this.#phase === 'piped') this.#phase = 'over';
		else this.#end(refusalOf(info, this.settings.origin));
	}

	#hear(frame: Payload): void {
		try {
			if (!this.#take) throw new TransportError('PROTOCOL_ORDER', `relay: ${this.settings.origin} sent a message that nobody asked for`);
			this.#take(frame);
		} catch (error) {
			this.fail(asRelayError(error, this.settings.origin));
		}
	}

	#keep(frame: Payload): void {
		this.#early.push(frame);
		this.#earlyBytes += byteLength(frame) + MESSAGE_OVERHEAD_BYTES;
		if (this.#earlyBytes <= MAX_EARLY_BYTES) return;
		this.#early = [];
		this.fail(new TransportError('SLOW_READER', `relay: ${this.#earlyBytes} bytes of a peer came before its transport was opened: open it sooner`));
	}

	#within<T>(code: string, what: string, begin: (resolve: (value: T) => void) => void): Promise<T> {
		if (this.#failure) return Promise.reject(this.#failure);
		const { clock, timeoutMs, origin } = this.settings;
		return new Promise((resolve, reject) => {
			const cancel = clock.after(timeoutMs, () => this.fail(new TransportError(code, `relay: ${origin} gave no ${what} within ${timeoutMs} ms`)));
			const done = (): void => {
				cancel();
				this.#waiting = null;
			};
			this.#waiting = {
				reject(error) {
					done();
					reject(error);
				},
			};
			begin((value) => {
				done();
				resolve(value);
			});
		});
	}

	/** This side's own end: nobody needs to be told but who waits. Of what is piped, the end comes from below. */
	#giveUp(error: Error): void {
		if (this.#phase === 'piped') return;
		this.onFailure = () => {};
		this.#end(error);
	}

	#end(error: Error): void {
		if (this.#phase === 'over') return;
		this.#phase = 'over';
		this.#failure = error;
		this.#take = null;
		this.#early = [];
		this.#waiting?.reject(error);
		this.onFailure(error);
	}
}
