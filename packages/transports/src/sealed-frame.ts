import { Buffer } from 'node:buffer';

const BINARY_MESSAGE = 0x82;
const MASKED = 0x80;
const LONG = 126;

/**
 * One whole frame of a binary message (RFC 6455 section 5.2).
 * @param message less than 64 KiB.
 * @param mask a client's 4 bytes; null at a server.
 */
export function sealedFrame(message: Uint8Array, mask: Uint8Array | null): Uint8Array {
	const { length } = message;
	const lengthBytes = length < LONG ? 0 : 2;
	const start = 2 + lengthBytes + (mask ? 4 : 0);
	const frame = Buffer.allocUnsafe(start + length);
	frame[0] = BINARY_MESSAGE;
	frame[1] = (mask ? MASKED : 0) | (lengthBytes === 0 ? length : LONG);
	if (lengthBytes > 0) {
		frame[2] = length >>> 8;
		frame[3] = length;
	}
	frame.set(message, start);
	if (mask) applyMask(frame, start, mask);
	return frame;
}

function applyMask(frame: Uint8Array, start: number, mask: Uint8Array): void {
	frame.set(mask, start - 4);
	const [a, b, c, d] = mask as unknown as [number, number, number, number];
	if ((a | b | c | d) === 0) return;
	const whole = start + ((frame.length - start) & ~3);
	let at = start;
	for (; at < whole; at += 4) {
		frame[at] = (frame[at] as number) ^ a;
		frame[at + 1] = (frame[at + 1] as number) ^ b;
		frame[at + 2] = (frame[at + 2] as number) ^ c;
		frame[at + 3] = (frame[at + 3] as number) ^ d;
	}
	for (; at < frame.length; at++) frame[at] = (frame[at] as number) ^ (mask[(at - start) & 3] as number);
}
