// Small portions bound what one write can inflate to before it is looked at: deflate expands at most 1,032 times.
const INPUT_PORTION_BYTES = 4 * 1024;

/** More came out than was allowed. */
export class OutputTooBig extends Error {}

/** Raw deflate (RFC 1951). */
export function deflate(input: Uint8Array): Promise<Uint8Array> {
	return pump(new CompressionStream('deflate-raw'), input, Number.POSITIVE_INFINITY, input.byteLength);
}

/** @throws OutputTooBig as soon as more than `maxBytes` came out; what the platform throws where the input is no deflate. */
export function inflate(input: Uint8Array, maxBytes: number): Promise<Uint8Array> {
	return pump(new DecompressionStream('deflate-raw'), input, maxBytes, INPUT_PORTION_BYTES);
}

async function pump(stream: CompressionStream | DecompressionStream, input: Uint8Array, maxBytes: number, portionBytes: number): Promise<Uint8Array> {
	const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
	// What goes wrong while writing shows on the reading side too.
	void feed(stream.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>, input, portionBytes).catch(() => {});
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for (let next = await reader.read(); !next.done; next = await reader.read()) {
		const { value } = next;
		bytes += value.byteLength;
		if (bytes > maxBytes) {
			await reader.cancel().catch(() => {});
			throw new OutputTooBig(`more than ${maxBytes} bytes`);
		}
		chunks.push(value);
	}
	return concat(chunks, bytes);
}

async function feed(writer: WritableStreamDefaultWriter<Uint8Array>, input: Uint8Array, portionBytes: number): Promise<void> {
	for (let start = 0; start < input.byteLength; start += portionBytes) {
		await writer.ready;
		await writer.write(input.subarray(start, start + portionBytes));
	}
	await writer.close();
}

function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
	if (chunks.length === 1) return chunks[0] as Uint8Array;
	const whole = new Uint8Array(bytes);
	let offset = 0;
	for (const chunk of chunks) {
		whole.set(chunk, offset);
		offset += chunk.byteLength;
	}
	return whole;
}
