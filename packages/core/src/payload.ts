import { platform } from './platform.js';

/** One message. The kind survives end to end: text stays text, bytes stay bytes; nothing converts silently. */
export type Payload = string | Uint8Array;

/**
 * Size of a payload on the application side.
 * @returns bytes: UTF-8 bytes for text (a lone surrogate counts 3, as its replacement character does), else the view's length.
 */
export function byteLength(payload: Payload): number {
	// Of bytes the same as byteLength, and several times faster to read.
	if (typeof payload !== 'string') return payload.length;
	return nodeByteLength === null ? utf8Length(payload) : nodeByteLength(payload);
}

// Node counts in native code. Elsewhere a loop is fastest for short text; long text a browser encodes into a scratch array
// four times as fast as the loop runs.
const nodeByteLength = typeof platform.Buffer?.byteLength === 'function' ? platform.Buffer.byteLength : null;
const LOOPED_UNITS = 512;
const SCRATCH_BYTES = 16_384;
const encoder = new platform.TextEncoder();
let scratch: Uint8Array | null = null;

function utf8Length(text: string): number {
	return text.length <= LOOPED_UNITS || !encoder.encodeInto ? countedLength(text) : encodedLength(text);
}

function encodedLength(text: string): number {
	scratch ??= new Uint8Array(SCRATCH_BYTES);
	let bytes = 0;
	let done = 0;
	while (done < text.length) {
		// Stops before a character that does not fit whole, so no surrogate pair is cut.
		const { read, written } = encoder.encodeInto!(text.slice(done), scratch);
		done += read;
		bytes += written;
	}
	return bytes;
}

function countedLength(text: string): number {
	let bytes = text.length;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit < 0x80) continue;
		if (unit < 0x800) {
			bytes += 1;
		} else if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(i + 1))) {
			bytes += 2;
			i++;
		} else {
			bytes += 2;
		}
	}
	return bytes;
}

function isLowSurrogate(unit: number): boolean {
	return unit >= 0xdc00 && unit <= 0xdfff;
}
