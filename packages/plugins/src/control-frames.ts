import { type Payload, PluginError } from '@linkscope/core';

// Data link escape: the ASCII control character made for this, so that hardly any message begins with it.
const DLE = 0x10;
const HEADER_LENGTH = 3;
const LITERAL = '=';

/**
 * How a plugin tells its own frames from the application's messages, whatever those contain.
 *
 * A control frame is DLE (0x10), the plugin's letter, one character for its kind, then its body; in a text message these
 * are characters, in a byte message bytes. Every other message passes unchanged, but for those that begin with DLE and the
 * letter themselves: they travel with DLE, letter, '=' in front, which the far end takes off. So nothing the application
 * sends can be taken for a control frame, a plugin above sees its own frames arrive as it sent them, and two plugins of one
 * kind may be stacked: the lower treats the upper's frames as messages.
 */
export class ControlFrames {
	readonly #prefix: string;
	readonly #letterCode: number;
	readonly #plugin: string;

	/** @param letter one ASCII letter, a different one for each kind of plugin. */
	constructor(plugin: string, letter: string) {
		this.#plugin = plugin;
		this.#prefix = String.fromCharCode(DLE) + letter;
		this.#letterCode = letter.charCodeAt(0);
	}

	/** A message of the application as it travels. */
	wrap(payload: Payload): Payload {
		if (!this.#isMarked(payload)) return payload;
		if (typeof payload === 'string') return this.text(LITERAL, payload);
		const frame = this.bytes(LITERAL, payload.byteLength);
		frame.set(payload, HEADER_LENGTH);
		return frame;
	}

	/** A control frame in text. */
	text(kind: string, body: string): string {
		return this.#prefix + kind + body;
	}

	/** A control frame in bytes; its body, from `bodyOf`, is left to fill in. */
	bytes(kind: string, bodyBytes: number): Uint8Array {
		const frame = new Uint8Array(HEADER_LENGTH + bodyBytes);
		frame[0] = DLE;
		frame[1] = this.#letterCode;
		frame[2] = kind.charCodeAt(0);
		return frame;
	}

	/** @returns the kind of a control frame, '=' for an escaped message, null for any other message. */
	kindOf(payload: Payload): string | null {
		if (!this.#isMarked(payload)) return null;
		return typeof payload === 'string' ? payload.charAt(2) : String.fromCharCode(payload[2] ?? 0);
	}

	/** What follows the kind; a view where the frame is bytes. */
	bodyOf<P extends Payload>(frame: P): P {
		return (typeof frame === 'string' ? frame.slice(HEADER_LENGTH) : frame.subarray(HEADER_LENGTH)) as P;
	}

	malformed(what: string): PluginError {
		return new PluginError('MALFORMED_FRAME', `${this.#plugin}: ${what}; is the same plugin at the same place on both ends?`);
	}

	#isMarked(payload: Payload): boolean {
		return typeof payload === 'string'
			? payload.charCodeAt(0) === DLE && payload.charCodeAt(1) === this.#letterCode
			: payload[0] === DLE && payload[1] === this.#letterCode;
	}
}
