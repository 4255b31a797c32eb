import { byteLength, type Payload } from './payload.js';
import type { AbortSignal } from './platform.js';

/** What a transport can do. Final once `open()` has resolved. */
export interface TransportFeatures {
	/** Text messages arrive as text. A byte-only transport carries one kind byte, so this is true for all of ours. */
	text: boolean;
	ordered: boolean;
	reliable: boolean;
	/** The largest message `send` takes; Infinity where the transport sets no limit. */
	maxMessageBytes: number;
}

/** How and why a connection ended. */
export interface CloseInfo {
	code: number;
	/** At most 123 bytes of UTF-8. Text of the peer: escape it before showing it. */
	reason: string;
	wasClean: boolean;
	initiatedBy: 'local' | 'remote' | 'network';
	/** With a stable code where it is one of ours. */
	error?: Error & { code?: string };
}

/**
 * One way to carry messages. Single use. Write one: docs/architecture.md#writing-a-transport;
 * prove it with `transportSuite` of @linkscope/core/testing.
 */
export interface Transport {
	/** 'websocket', 'memory', …: also the name of the transport's slot in the chain. */
	readonly kind: string;
	/** The far end for people: a URL or an address. May hold credentials; whoever shows it redacts it. */
	readonly remote: string;
	readonly features: TransportFeatures;
	/** Resolves when messages flow; rejects with a TransportError. After an abort nothing is left open. */
	open(sink: TransportSink, signal: AbortSignal): Promise<void>;
	/**
	 * Takes the payload (the array belongs to the transport from here).
	 * @returns false: accepted, but wait for `sink.drained()` before sending more.
	 */
	send(payload: Payload): boolean;
	/** Every message sent from now on is sealed, so that its bytes look random: what a transport does against chosen bytes it may leave out. */
	opaque?(): void;
	/** Inbound backpressure, where the platform can. */
	pause?(): void;
	resume?(): void;
	/** Ends in good order; idempotent; works in every state. `sink.closed` follows. */
	close(code: number, reason: string): void;
	/** Ends at once, without waiting for the peer. `sink.closed` follows, at the latest in the next tick. */
	terminate(): void;
}

/** What a transport reports to. */
export interface TransportSink {
	message(payload: Payload): void;
	drained(): void;
	/** Bytes that went over the wire for frames, headers included where they are known. Called before `message`; may be left out while `hub.active` is false. */
	wire(bytesOut: number, bytesIn: number): void;
	/** 'This socket is mine': lets the hub merge it with a record of the WebSocket patch. */
	claim(socket: object): void;
	/** Exactly once, and nothing after it. */
	closed(info: CloseInfo): void;
}

/** A WebSocket close reason carries at most 123 bytes (RFC 6455 section 5.5: 125 less the code). */
export const MAX_CLOSE_REASON_BYTES = 123;

/** Cuts a close reason to 123 bytes of UTF-8 at a character boundary. */
export function truncateCloseReason(reason: string): string {
	let bytes = 0;
	let cut = '';
	for (const character of reason) {
		bytes += byteLength(character);
		if (bytes > MAX_CLOSE_REASON_BYTES) return cut;
		cut += character;
	}
	return cut;
}
