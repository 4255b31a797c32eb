import type { Payload, TransportError } from '@linkscope/core';

/** What every raw WebSocket offers: the browser's, undici's, `ws`. Found by its shape, never by `instanceof`. */
export interface WebSocketLike {
	readonly readyState: number;
	readonly bufferedAmount: number;
	readonly url?: string;
	binaryType: string;
	// biome-ignore lint/suspicious/noExplicitAny: the DOM's own type takes no view of shared memory, and its spelling changed with TypeScript 5.7.
	send(data: any): void;
	close(code?: number, reason?: string): void;
	// biome-ignore lint/suspicious/noExplicitAny: each platform has event types of its own.
	addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: any) => void): void;
}

export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/** One raw socket behind one face, whichever platform made it. */
export interface RawSocket {
	readonly socket: WebSocketLike;
	/** A client masks what it sends: 4 bytes more a frame (RFC 6455 section 5.3). */
	readonly isClient: boolean;
	/** @returns false: above the mark, `drained` follows. */
	send(payload: Payload): boolean;
	/** Every message from now on is sealed: see Transport. */
	opaque?(): void;
	pause?(): void;
	resume?(): void;
	/** Only with a code the platform lets through: see `sendableCode`. */
	close(code: number, reason: string): void;
	/** At once where the platform can; else what comes nearest. Idempotent. */
	terminate(): void;
}

/** What a raw socket reports, the same from every platform. */
export interface RawSocketEvents {
	opened(): void;
	/** @param bytes of UTF-8 for text; exact when a probe listens or the limit is near, else a lower bound. */
	message(payload: Payload, bytes: number): void;
	drained(): void;
	/** The server answered the upgrade with something else. */
	refused(status: number): void;
	/** The connection cannot go on. @param code tells the peer. */
	broken(code: number, error: TransportError): void;
	/** The cause of an end that follows. */
	failed(error: Error): void;
	ended(code: number, reason: string, wasClean: boolean): void;
}

/**
 * Scripts may close with 1000 and 3000 to 4999 only; anything else throws in browsers and some of it in ws.
 * 'Going away' has no meaning for a page beyond a normal end; the rest is our fault, as 4500 says.
 */
export function sendableCode(code: number, isBrowserLike: boolean): number {
	if (code === 1000 || (code >= 3000 && code <= 4999)) return code;
	if (!isBrowserLike && code >= 1001 && code <= 1014 && (code < 1004 || code > 1006)) return code;
	return code === 1001 ? 1000 : 4500;
}

/** Bytes of a frame with its header (RFC 6455 section 5.2). Compression and fragments are not seen from here. */
export function frameBytes(payloadBytes: number, masked: boolean): number {
	const lengthBytes = payloadBytes > 0xffff ? 8 : payloadBytes > 125 ? 2 : 0;
	return 2 + lengthBytes + (masked ? 4 : 0) + payloadBytes;
}
