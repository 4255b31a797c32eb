import { asError, type PluginHost } from '@linkscope/core';
import type { ControlFrames } from '../control-frames.js';
import type { SyncMessage } from './sync-messages.js';

export const MESSAGE = 'm';
export const OBJECTS = 'o';
/** In front of the bytes of objects: the number of the synchronisation, 32 bits. */
export const NUMBER_BYTES = 4;

const HEADER_BYTES = 3 + NUMBER_BYTES;
const LONGEST_FRAME_BYTES = 64 * 1024;
// What plugins below may put around a frame, escaping and seals among them.
const HEADROOM_BYTES = 1024;

/** What leaves: messages at once, bytes of objects in full frames while the transport takes them. */
export class Sender {
	readonly #host: PluginHost;
	readonly #frames: ControlFrames;
	/** Counted for the initial synchronisation. */
	readonly #onFrame: () => void;
	readonly #tasks: (() => Promise<void>)[] = [];
	#running = false;
	#frame: Uint8Array | null = null;
	#filled = 0;
	#busy = false;
	#waiting: (() => void)[] = [];
	#ended = false;

	constructor(host: PluginHost, frames: ControlFrames, onFrame: () => void) {
		this.#host = host;
		this.#frames = frames;
		this.#onFrame = onFrame;
	}

	send(message: SyncMessage): void {
		this.#sendDown(this.#frames.text(MESSAGE, JSON.stringify(message)));
	}

	/** Bytes of objects, in frames. Resolves when more is welcome; the last ones leave with `flush`. */
	async sendBytes(sync: number, bytes: Uint8Array): Promise<void> {
		for (let at = 0; at < bytes.length; ) {
			if (this.#frame === null) this.#frame = this.#newFrame(sync);
			const piece = bytes.subarray(at, at + this.#frame.length - this.#filled);
			this.#frame.set(piece, this.#filled);
			this.#filled += piece.length;
			at += piece.length;
			if (this.#filled < this.#frame.length) return;
			this.flush();
			if (this.#busy) await this.room();
			if (this.#ended) return;
		}
	}

	/** Sends what has gathered. */
	flush(): void {
		const frame = this.#frame;
		this.#frame = null;
		// A copy where little was gathered: whoever waits to send it need not hold the whole frame.
		if (frame) this.#sendDown(this.#filled < frame.length ? frame.slice(0, this.#filled) : frame);
	}

	/** Tasks of one connection run one after the other, so that one object is held at a time. */
	enqueue(task: () => Promise<void>): void {
		this.#tasks.push(task);
		if (!this.#running) void this.#run();
	}

	/** Resolves when the transport takes more. What a peer makes this side say waits for it, so that one that does not read fills no memory. */
	async room(): Promise<void> {
		if (this.#busy && !this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	drained(): void {
		this.#busy = false;
		this.#wake();
	}

	end(): void {
		this.#ended = true;
		this.#tasks.length = 0;
		this.#wake();
	}

	async #run(): Promise<void> {
		this.#running = true;
		for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) {
			if (this.#busy) await this.room();
			await task();
			// What a task that broke off has gathered is nobody's.
			this.#frame = null;
		}
		this.#running = false;
	}

	#newFrame(sync: number): Uint8Array {
		const bytes = Math.max(HEADER_BYTES + 1, Math.min(LONGEST_FRAME_BYTES, this.#host.maxMessageBytes - HEADROOM_BYTES));
		const frame = this.#frames.bytes(OBJECTS, bytes - 3);
		new DataView(frame.buffer).setUint32(3, sync);
		this.#filled = HEADER_BYTES;
		return frame;
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	#sendDown(frame: string | Uint8Array): void {
		if (this.#ended) return;
		this.#onFrame();
		try {
			if (!this.#host.sendDown(frame)) this.#busy = true;
		} catch (error) {
			// Too big for this transport: what was promised to the peer cannot be kept.
			this.#host.fail(asError(error));
		}
	}
}
