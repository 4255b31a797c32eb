import type { Buffer } from 'node:buffer';
import { connect as connectTcp, type Socket } from 'node:net';
import { asError, type Backoff, Inbound, integerOption, numberOption, type Subscribable, throwLater } from '@linkscope/core';
import { SilenceWatch } from '../link/silence-watch.js';
import { exponential } from '../retry/backoffs.js';
import { percentJitter } from '../retry/jitter.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import { LineSplitter } from './line-splitter.js';
import { oneLine, seconds } from './one-line.js';
import { socketErrorText } from './socket-error-text.js';
import type { EndpointState } from './status-source.js';

export interface LineStreamOptions extends EndpointOptions {
	readonly host: string;
	readonly port: number;
	/** Default 10,000. */
	readonly connectTimeoutMs?: number;
	/** Connects again when nothing was received for so long. 0: silence is no fault. Default 0. */
	readonly silenceTimeoutMs?: number;
	/** Longer lines are left out, and counted. Default 65,536. */
	readonly maxLineBytes?: number;
	/** Lines that nobody has read yet; over this the socket is paused. Default 1,048,576. */
	readonly maxUnreadBytes?: number;
	/** Tries to reconnect, then it stays in `error` until `retryNow()`. 0: endless. Default 0. */
	readonly maxAttempts?: number;
	/** Default: 2 s doubling to 60 s, ±10 % within these. */
	readonly backoff?: Backoff;
	/** Default: TCP. For TLS: `({ host, port }) => tls.connect({ host, port })`. */
	readonly connect?: (address: { host: string; port: number }) => Socket;
}

/** As in seeds/002. */
export interface LineStreamSnapshot {
	state: EndpointState;
	host: string;
	port: number;
	reconnect_attempts: number;
	last_error: string | null;
}

// Tells of a peer that is gone while nothing is sent.
const KEEP_ALIVE_MS = 30_000;

/**
 * Lines of text from a TCP server, over as many connections as it takes. After a loss, a close by the server included, it waits and connects again.
 * Lines are held until somebody reads them, within a bound; then the server has to wait, and its close is noticed when they are read.
 */
export class LineStream extends Endpoint {
	readonly host: string;
	readonly port: number;
	readonly #connectTimeoutMs: number;
	readonly #maxLineBytes: number;
	readonly #maxAttempts: number;
	readonly #backoff: Backoff;
	readonly #connect: NonNullable<LineStreamOptions['connect']>;
	readonly #silence: SilenceWatch;
	readonly #inbound: Inbound;
	#socket: Socket | null = null;
	#lines: LineSplitter;
	#isPaused = false;
	#droppedLines = 0;

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: LineStreamOptions) {
		super(options);
		if (typeof options.host !== 'string' || options.host === '') throw new TypeError('host must be a name or an address');
		this.host = options.host;
		// 0 is what is checked, and refused, where none is given.
		this.port = integerOption('port', options.port ?? 0, 0, 1, 65_535);
		this.#connectTimeoutMs = numberOption('connectTimeoutMs', options.connectTimeoutMs, 10_000, 1);
		this.#maxLineBytes = integerOption('maxLineBytes', options.maxLineBytes, 65_536, 1, 2 ** 28);
		this.#maxAttempts = integerOption('maxAttempts', options.maxAttempts, 0);
		this.#backoff = options.backoff ?? percentJitter(exponential({ baseDelayMs: 2_000, maxDelayMs: 60_000 }), { minDelayMs: 2_000, maxDelayMs: 60_000 });
		this.#connect = options.connect ?? ((address) => connectTcp(address));
		this.#lines = new LineSplitter(this.#maxLineBytes);
		const silenceTimeoutMs = numberOption('silenceTimeoutMs', options.silenceTimeoutMs, 0);
		this.#silence = new SilenceWatch(this.clock, silenceTimeoutMs, (silentMs) => this.#failed(`nothing received for ${seconds(silentMs)}`));
		this.#inbound = new Inbound({
			maxUnreadBytes: integerOption('maxUnreadBytes', options.maxUnreadBytes, 1_048_576, 1),
			pause: () => this.#pause(),
			resume: () => this.#resume(),
			// What was read from the socket before it paused waits in the splitter.
			overflow: () => {},
			onThrow: throwLater,
			onCount: () => {},
		});
		this.#inbound.release();
	}

	get snapshot(): LineStreamSnapshot {
		return { state: this.state, host: this.host, port: this.port, reconnect_attempts: this.attempts, last_error: this.lastError };
	}

	/** Each line without its end. A last line that nothing ended counts where the server closed the connection itself. */
	get onLine(): Subscribable<string> {
		return this.#inbound.onMessage as Subscribable<string>;
	}

	/** Lines longer than `maxLineBytes`, which were left out. */
	get droppedLines(): number {
		return this.#droppedLines + this.#lines.tooLong;
	}

	/** Lines as they are read, over all connections; ends when the stream is stopped. */
	lines(): AsyncIterable<string> {
		return this.#inbound.messages() as AsyncIterable<string>;
	}

	protected dial(): void {
		this.#droppedLines += this.#lines.tooLong;
		this.#lines = new LineSplitter(this.#maxLineBytes);
		this.schedule(this.#connectTimeoutMs, () => this.#failed('Connection timeout'));
		try {
			this.#listen(this.#connect({ host: this.host, port: this.port }));
		} catch (error) {
			this.schedule(0, () => this.#failed(socketErrorText(asError(error))));
		}
		this.dialling();
	}

	protected hangUp(): void {
		this.#leaveSocket();
		this.#inbound.finish(null);
	}

	#listen(socket: Socket): void {
		// While it was made.
		if (this.state === 'stopped') {
			socket.destroy();
			return;
		}
		this.#socket = socket;
		let failure: Error | null = null;
		let isClosedByRemote = false;
		const whileOurs = <T>(act: (value: T) => void) => {
			return (value: T): void => {
				if (this.#socket === socket) act(value);
			};
		};
		const connected = 'encrypted' in socket ? 'secureConnect' : 'connect';
		socket.once(
			connected,
			whileOurs(() => this.#connected(socket)),
		);
		socket.on(
			'data',
			whileOurs((chunk: Buffer) => this.#received(chunk)),
		);
		socket.once('end', () => {
			isClosedByRemote = true;
		});
		// It stays: a socket that was left may still fail, and nobody else would hear it.
		socket.on('error', (error) => {
			failure = error;
		});
		socket.once(
			'close',
			whileOurs(() => {
				if (isClosedByRemote && this.isAvailable) this.#closed();
				else this.#failed(failure ? socketErrorText(failure) : 'Connection closed');
			}),
		);
	}

	#connected(socket: Socket): void {
		this.cancelSchedule();
		socket.setKeepAlive(true, KEEP_ALIVE_MS);
		if (this.#isPaused) socket.pause();
		else this.#silence.start();
		this.connected(`Connected to remote log source at ${this.#address}`);
	}

	#received(chunk: Buffer): void {
		this.#silence.touch();
		this.#lines.push(chunk);
		this.#deliver(() => this.#isPaused);
	}

	#deliver(isEnough: () => boolean): void {
		while (!isEnough() && this.state !== 'stopped') {
			const line = this.#lines.next();
			if (line === null) return;
			this.#inbound.deliver(line);
		}
	}

	#pause(): boolean {
		this.#isPaused = true;
		this.#socket?.pause();
		// It is not the server who is silent.
		this.#silence.stop();
		return true;
	}

	#resume(): void {
		this.#isPaused = false;
		if (this.isAvailable) this.#silence.start();
		this.#deliver(() => this.#isPaused);
		if (!this.#isPaused) this.#socket?.resume();
	}

	/** By the server, in good order. */
	#closed(): void {
		this.#planReconnection();
		this.#deliver(() => false);
		const last = this.#lines.last();
		if (last !== null) this.#inbound.deliver(last);
		const message = `Connection to ${this.#address} closed by remote end`;
		this.disconnected('disconnected', 'Connection closed by remote end', { level: 'WARNING', message });
	}

	#failed(failure: string): void {
		const what = this.isAvailable ? `Connection to ${this.#address} lost` : `Cannot connect to ${this.#address}`;
		const plan = this.#planReconnection();
		this.#deliver(() => false);
		this.disconnected('error', failure, { level: 'ERROR', message: `${what}: ${failure}. ${plan}` });
	}

	/** @returns what the log says of it. */
	#planReconnection(): string {
		this.#leaveSocket();
		const delayMs = this.nextDelayMs(this.#backoff, this.#maxAttempts);
		if (delayMs === null) {
			this.cancelSchedule();
			return `Giving up after ${this.attempts} attempts`;
		}
		this.schedule(delayMs, () => this.dial());
		return `Attempt ${this.attempts}. Retrying in ${seconds(delayMs)}`;
	}

	#leaveSocket(): void {
		const socket = this.#socket;
		this.#socket = null;
		this.#silence.stop();
		socket?.destroy();
	}

	get #address(): string {
		return `${oneLine(this.host)}:${this.port}`;
	}
}
