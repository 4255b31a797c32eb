import { isUtf8 } from 'node:buffer';
import { truncateCloseReason } from '@linkscope/core';
import { encodeFrame, Opcode } from './frame-header.js';
import type { SocketEnd } from './relay-socket.js';

/** A close without a code. Never on the wire. */
export const NO_CODE = 1005;
/** Lost without a word. Never on the wire. */
export const LOST = 1006;

const REASON_START = 2;

/** @returns null where RFC 6455 section 7.4 forbids what it says, with the code that tells so. */
export function readClose(payload: Buffer): SocketEnd | { forbidden: 1002 | 1007 } {
	if (payload.length === 0) return { code: NO_CODE, reason: '' };
	if (payload.length === 1) return { forbidden: 1002 };
	const code = payload.readUInt16BE(0);
	if (!isSendable(code)) return { forbidden: 1002 };
	const reason = payload.subarray(REASON_START);
	return isUtf8(reason) ? { code, reason: reason.toString('utf8') } : { forbidden: 1007 };
}

function isSendable(code: number): boolean {
	if (code < 3000) return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== LOST;
	return code < 5000;
}

export function encodeClose({ code, reason }: SocketEnd, asClient: boolean): Buffer {
	if (code === NO_CODE) return encodeFrame(Opcode.CLOSE, Buffer.alloc(0), asClient);
	const text = Buffer.from(truncateCloseReason(reason));
	const payload = Buffer.allocUnsafe(REASON_START + text.length);
	payload.writeUInt16BE(code, 0);
	payload.set(text, REASON_START);
	return encodeFrame(Opcode.CLOSE, payload, asClient);
}
