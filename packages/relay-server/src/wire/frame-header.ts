export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

const KNOWN = new Set<number>(Object.values(Opcode));
const LONGEST_CONTROL_BYTES = 125;

/** The head of a frame (RFC 6455 section 5.2). One object serves many frames. */
export class FrameHeader {
	isFinal = false;
	/** 0 as long as no extension was agreed on. */
	reserved = 0;
	opcode = 0;
	isMasked = false;
	readonly mask = new Uint8Array(4);
	payloadBytes = 0;
	/** The mask included. */
	headerBytes = 0;

	/** @returns false where the head is not whole yet. */
	read(bytes: Uint8Array, at: number): boolean {
		const there = bytes.length - at;
		if (there < 2) return false;
		const first = bytes[at] as number;
		const second = bytes[at + 1] as number;
		const short = second & 0x7f;
		const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
		this.isMasked = second > 0x7f;
		this.headerBytes = 2 + lengthBytes + (this.isMasked ? 4 : 0);
		if (there < this.headerBytes) return false;
		this.isFinal = first > 0x7f;
		this.reserved = first & 0x70;
		this.opcode = first & 0x0f;
		this.payloadBytes = lengthBytes === 0 ? short : bigEndian(bytes, at + 2, lengthBytes);
		if (this.isMasked) {
			const start = at + this.headerBytes - 4;
			for (let i = 0; i < 4; i++) this.mask[i] = bytes[start + i] as number;
		}
		return true;
	}

	get isControl(): boolean {
		return this.opcode >= Opcode.CLOSE;
	}

	/** Whether RFC 6455 forbids this frame, from a client (all masked) or from a server (none), within a fragmented message or outside of one. */
	isForbidden(fromClient: boolean, inMessage: boolean): boolean {
		if (this.reserved !== 0 || !KNOWN.has(this.opcode) || this.isMasked !== fromClient) return true;
		if (this.isControl) return !this.isFinal || this.payloadBytes > LONGEST_CONTROL_BYTES;
		return (this.opcode === Opcode.CONTINUATION) !== inMessage;
	}
}

// A length beyond 2^53 loses its last bits, and is far too long without them.
function bigEndian(bytes: Uint8Array, at: number, count: number): number {
	let value = 0;
	for (let i = 0; i < count; i++) value = value * 256 + (bytes[at + i] as number);
	return value;
}

/** A whole frame of this relay, masked where it is the client. */
export function encodeFrame(opcode: number, payload: Buffer, asClient: boolean): Buffer {
	const lengthBytes = payload.length < 126 ? 0 : 2;
	const start = 2 + lengthBytes + (asClient ? 4 : 0);
	const frame = Buffer.allocUnsafe(start + payload.length);
	frame[0] = 0x80 | opcode;
	frame[1] = (asClient ? 0x80 : 0) | (lengthBytes === 0 ? payload.length : 126);
	if (lengthBytes === 2) frame.writeUInt16BE(payload.length, 2);
	frame.set(payload, start);
	if (asClient) {
		const mask = crypto.getRandomValues(frame.subarray(start - 4, start));
		for (let i = 0; i < payload.length; i++) frame[start + i] = (payload[i] as number) ^ (mask[i & 3] as number);
	}
	return frame;
}
