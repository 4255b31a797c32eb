const maskBytes = new Uint8Array(4);
const maskWord = new Uint32Array(maskBytes.buffer);

const NO_WORDS = new Uint32Array(0);

/** Below that, a loop over bytes is done before one over words has begun. */
const FEWEST_BYTES = 16;

/** The memory of some bytes as 32-bit words; the first begins at the first aligned byte. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
	const start = (bytes.byteOffset + 3) & ~3;
	const count = (bytes.byteOffset + bytes.length - start) >> 2;
	return count > 0 ? new Uint32Array(bytes.buffer, start, count) : NO_WORDS;
}

/**
 * Moves masked bytes to the front, unmasked (RFC 6455 section 5.3).
 * @param words `wordsOf(bytes)`, made once for all frames of a read.
 * @param to at most `from`, and less by a multiple of 4, as each frame loses its mask: so both lie alike in their words.
 * @param phase bytes of the frame that came before.
 */
export function unmask(bytes: Uint8Array, words: Uint32Array, from: number, to: number, count: number, mask: Uint8Array, phase: number): void {
	const end = from + count;
	const shift = from - to;
	const lead = -(bytes.byteOffset + from) & 3;
	let at = from;
	if (count >= FEWEST_BYTES) {
		for (; at < from + lead; at++) bytes[at - shift] = (bytes[at] as number) ^ (mask[(phase + at - from) & 3] as number);
		for (let i = 0; i < 4; i++) maskBytes[i] = mask[(phase + lead + i) & 3] as number;
		const word = maskWord[0] as number;
		const first = (at - (-bytes.byteOffset & 3)) >> 2;
		const last = first + ((end - at) >> 2);
		const shiftWords = shift >> 2;
		for (let i = first; i < last; i++) words[i - shiftWords] = (words[i] as number) ^ word;
		at += (last - first) << 2;
	}
	for (; at < end; at++) bytes[at - shift] = (bytes[at] as number) ^ (mask[(phase + at - from) & 3] as number);
}
