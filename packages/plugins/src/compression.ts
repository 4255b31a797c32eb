import { byteLength, ConnectionError, integerOption, type Payload, type Plugin, PluginError, type PluginHost } from '@linkscope/core';
import { ControlFrames } from './control-frames.js';
import { deflate, inflate, OutputTooBig } from './deflate.js';
import { OrderedLane } from './ordered-lane.js';

export interface CompressionOptions {
	/** Smaller messages travel as they are. Default 1,024. */
	thresholdBytes?: number;
	/** The largest message to send or to inflate to. Default 16 MiB. */
	maxMessageBytes?: number;
}

const TEXT = 't';
const BYTES = 'b';
const HEADER_BYTES = 3;

// Beyond this the transport is asked to stop; one that cannot be stopped has room for a few whole messages more.
const INBOUND_HIGH_WATER_BYTES = 1024 * 1024;
const INBOUND_MESSAGES = 4;

/**
 * Compresses larger messages with raw deflate, each for itself; order is kept, text stays text.
 * Both ends need CompressionStream (browsers since 2023, Node 20.12). Put it nearer the application than encryption,
 * and mind that the size of a compressed message tells something about its content where an attacker can add to it.
 *
 * Control frames (always bytes): 't' for text or 'b' for bytes, then the deflated message.
 *
 * @throws PluginError MESSAGE_TOO_BIG from send(), beyond `maxMessageBytes`; the connection goes on. It ends with
 * DECOMPRESSION_TOO_BIG (close code 4409) where a message would inflate beyond that, MALFORMED_FRAME (4400) where one is
 * no deflate, COMPRESSION_UNAVAILABLE where the platform has no CompressionStream.
 */
export class CompressionPlugin implements Plugin {
	readonly name = 'compression';
	readonly #frames = new ControlFrames('compression', 'C');
	readonly #encoder = new TextEncoder();
	// Fatal: text of the peer that is no UTF-8 is malformed. A byte order mark at the beginning is part of the message.
	readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
	readonly #thresholdBytes: number;
	readonly #maxMessageBytes: number;
	readonly #outbound: OrderedLane;
	readonly #inbound: OrderedLane;
	#host: PluginHost | null = null;
	#paused = false;

	constructor(options: CompressionOptions = {}) {
		this.#thresholdBytes = integerOption('thresholdBytes', options.thresholdBytes, 1_024);
		this.#maxMessageBytes = integerOption('maxMessageBytes', options.maxMessageBytes, 16 * 1024 * 1024, 1);
		const failed = (error: Error) => this.#host?.fail(error);
		this.#outbound = new OrderedLane({ transform: (payload) => this.#compress(payload), emit: (frame) => void this.#host?.sendDown(frame), failed });
		this.#inbound = new OrderedLane({ transform: (frame) => this.#decompress(frame), emit: (payload) => this.#deliver(payload), failed });
	}

	attach(host: PluginHost): void {
		if (typeof CompressionStream === 'undefined') {
			throw new PluginError('COMPRESSION_UNAVAILABLE', 'compression: this platform has no CompressionStream; leave the plugin out on both ends');
		}
		this.#host = host;
	}

	outgoing(payload: Payload): Payload | null {
		if (!this.#outbound.rest && this.#isSmall(payload)) return this.#frames.wrap(payload);
		const bytes = byteLength(payload);
		if (bytes > this.#maxMessageBytes) {
			throw new PluginError('MESSAGE_TOO_BIG', `compression: a message of ${bytes} bytes; at most ${this.#maxMessageBytes} (maxMessageBytes) go`);
		}
		this.#outbound.push(payload);
		return null;
	}

	incoming(payload: Payload): Payload | null {
		if (!this.#inbound.rest) {
			const kind = this.#frames.kindOf(payload);
			if (kind === null) return payload;
			if (kind === '=') return this.#frames.bodyOf(payload);
		}
		this.#inbound.push(payload);
		this.#brake();
		return null;
	}

	heldBytes(): number {
		return this.#outbound.heldBytes;
	}

	closing(): Promise<void> | undefined {
		return this.#outbound.rest ?? undefined;
	}

	ending(): Promise<void> | undefined {
		return this.#inbound.rest ?? undefined;
	}

	closed(): void {
		this.#outbound.stop();
		this.#inbound.stop();
		this.#host = null;
	}

	#isSmall(payload: Payload): boolean {
		// Three bytes a unit at most: most small texts need no counting.
		if (typeof payload === 'string' && payload.length * 3 < this.#thresholdBytes) return true;
		return byteLength(payload) < this.#thresholdBytes;
	}

	async #compress(payload: Payload): Promise<Payload> {
		if (this.#isSmall(payload)) return this.#frames.wrap(payload);
		const isText = typeof payload === 'string';
		const raw = isText ? this.#encoder.encode(payload) : payload;
		const packed = await deflate(raw);
		if (packed.byteLength + HEADER_BYTES >= raw.byteLength) return this.#frames.wrap(payload);
		const frame = this.#frames.bytes(isText ? TEXT : BYTES, packed.byteLength);
		frame.set(packed, HEADER_BYTES);
		return frame;
	}

	async #decompress(frame: Payload): Promise<Payload> {
		const kind = this.#frames.kindOf(frame);
		if (kind === null) return frame;
		const body = this.#frames.bodyOf(frame);
		if (kind === '=') return body;
		if (typeof body === 'string' || (kind !== TEXT && kind !== BYTES)) throw this.#frames.malformed('neither compressed text nor compressed bytes');
		const raw = await this.#inflated(body);
		if (kind === BYTES) return raw;
		try {
			return this.#decoder.decode(raw);
		} catch {
			throw this.#frames.malformed('compressed text that is not UTF-8');
		}
	}

	async #inflated(packed: Uint8Array): Promise<Uint8Array> {
		try {
			return await inflate(packed, this.#maxMessageBytes);
		} catch (error) {
			if (!(error instanceof OutputTooBig)) throw this.#frames.malformed('what should be compressed is not raw deflate');
			throw new PluginError(
				'DECOMPRESSION_TOO_BIG',
				`compression: a message of ${packed.byteLength} bytes would inflate to more than ${this.#maxMessageBytes} (maxMessageBytes)`,
			);
		}
	}

	#deliver(payload: Payload): void {
		this.#host?.deliverUp(payload);
		if (!this.#paused || this.#inbound.heldBytes > INBOUND_HIGH_WATER_BYTES / 2) return;
		this.#paused = false;
		this.#host?.resume();
	}

	#brake(): void {
		const { heldBytes } = this.#inbound;
		if (heldBytes <= INBOUND_HIGH_WATER_BYTES) return;
		if (heldBytes > INBOUND_HIGH_WATER_BYTES + INBOUND_MESSAGES * this.#maxMessageBytes) {
			this.#host?.fail(new ConnectionError('SLOW_READER', `compression: ${heldBytes} bytes wait to be inflated: the peer sends faster than they can be`));
			return;
		}
		if (!this.#paused) this.#host?.pause();
		this.#paused = true;
	}
}
