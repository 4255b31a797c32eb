import { byteLength, type Payload } from '@linkscope/core';

/** Bytes of whatever a WebSocket sends or delivers: text as UTF-8, buffers, views, blobs, lists of buffers. */
export function payloadBytes(data: unknown): number {
	if (typeof data === 'string') return byteLength(data);
	// Nearly every message, and `length` is several times faster to read than `byteLength` or than to ask with `in`.
	if (data instanceof Uint8Array) return data.length;
	if (typeof data === 'number') return String(data).length;
	if (typeof data !== 'object' || data === null) return 0;
	if ('byteLength' in data) return data.byteLength as number;
	if ('size' in data) return data.size as number;
	if (Array.isArray(data)) return data.reduce((bytes: number, part) => bytes + (part?.byteLength ?? 1), 0);
	return 0;
}

/** The same data as a payload that can be lent; null for what cannot be read at once (a Blob) or is in parts. */
export function asPayload(data: unknown): Payload | null {
	if (typeof data === 'string') return data;
	if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	if (data instanceof ArrayBuffer) return new Uint8Array(data);
	return null;
}
