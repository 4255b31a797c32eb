import type { Socket } from 'node:net';
import { FrameHeader, Opcode } from './frame-header.js';

export interface Frame {
	opcode: number;
	payload: Buffer;
	isFinal?: boolean;
	reserved?: number;
}

const MASK = Buffer.from([0x12, 0xa4, 0x56, 0xf8]);

/** A frame as a client sends it, written apart from the code under test; what it says may be forbidden. */
export function clientFrame({ opcode, payload, isFinal = true, reserved = 0 }: Frame, mask: Buffer | null = MASK): Buffer {
	const length = Buffer.alloc(payload.length < 126 ? 1 : payload.length < 65_536 ? 3 : 9);
	if (length.length === 1) length[0] = payload.length;
	else if (length.length === 3) length.writeUIntBE(126 * 65_536 + payload.length, 0, 3);
	else {
		length[0] = 127;
		length.writeBigUInt64BE(BigInt(payload.length), 1);
	}
	if (mask) length[0] = (length[0] as number) | 0x80;
	const masked = mask ? payload.map((byte, i) => byte ^ (mask[i & 3] as number)) : payload;
	return Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | reserved | opcode]), length, mask ?? Buffer.alloc(0), masked]);
}

export function textFrame(text: string): Buffer {
	return clientFrame({ opcode: Opcode.TEXT, payload: Buffer.from(text) });
}

/** Everything a raw client gets until its connection ends, as frames. */
export async function framesUntilEnd(client: Socket): Promise<Frame[]> {
	const chunks: Buffer[] = [];
	client.on('data', (chunk) => chunks.push(chunk));
	await new Promise((resolve) => client.once('close', resolve));
	return readFrames(Buffer.concat(chunks));
}

/** The whole frames of a server: none may be masked. */
export function readFrames(bytes: Buffer): Frame[] {
	const frames: Frame[] = [];
	const header = new FrameHeader();
	for (let at = 0; header.read(bytes, at); at += header.headerBytes + header.payloadBytes) {
		if (header.isMasked) throw new Error('a frame of the relay is masked');
		const start = at + header.headerBytes;
		if (bytes.length < start + header.payloadBytes) break;
		frames.push({ opcode: header.opcode, isFinal: header.isFinal, payload: bytes.subarray(start, start + header.payloadBytes) });
	}
	return frames;
}

export function closeOf(frames: Frame[]): { code: number; reason: string } {
	const last = frames.at(-1);
	if (last?.opcode !== Opcode.CLOSE) throw new Error('no close came');
	return { code: last.payload.readUInt16BE(0), reason: last.payload.subarray(2).toString() };
}
