import { Buffer } from 'node:buffer';

const BINARY_MESSAGE = 0x82;
const MASKED = 0x80;
const LONG = 126;

/**
 * One whole frame of a binary message (RFC 6455 section 5.2). A client's is masked with zeros: see Masking.
 * @param message less than 64 KiB.
 */
export function sealedFrame(message: Uint8Array, isClient: boolean): Uint8Array {
	const { length } = message;
	const lengthBytes = length < LONG ? 0 : 2;
	const start = 2 + lengthBytes + (isClient ? 4 : 0);
	const frame = Buffer.allocUnsafe(start + length);
	frame[0] = BINARY_MESSAGE;
	frame[1] = (isClient ? MASKED : 0) | (lengthBytes === 0 ? length : LONG);
	if (lengthBytes > 0) {
		frame[2] = length >>> 8;
		frame[3] = length;
	}
	for (let i = 2 + lengthBytes; i < start; i++) frame[i] = 0;
	frame.set(message, start);
	return frame;
}
