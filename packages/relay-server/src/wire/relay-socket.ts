/** How a socket ended. 1005: a close without a code; 1006: lost without a word. */
export interface SocketEnd {
	code: number;
	reason: string;
}

/** What a socket tells while it is still talking to the relay itself. */
export interface SocketEvents {
	/** A whole text message. */
	text(text: string): void;
	/** Exactly once, nothing after it, when the connection below is gone; also of a socket that was spliced. */
	closed(end: SocketEnd): void;
	/**
	 * Once, before the goodbye to a peer that sent bytes (4400 MALFORMED_FRAME), too much (4409 MESSAGE_TOO_BIG) or a broken frame (1002 or 1007 MALFORMED_FRAME).
	 * @returns what to say instead: ONE has words of its own. Not of a broken frame, whose code is WebSocket's own matter.
	 */
	refusal?(end: SocketEnd): SocketEnd;
}

/**
 * One WebSocket of the relay: accepted from a client, or to or from another node. It begins by talking to the relay in short texts
 * (anything else, bytes or a text of more than 4 KiB, closes it) and may end as one half of a splice.
 */
export interface RelaySocket {
	/** Of the peer, for limits and logs: an IP address. */
	readonly address: string;
	/** False from the moment the end is known: up to a second before `closed`, or longer where a splice has left something for a slow reader. */
	readonly isOpen: boolean;
	/** Listens; called once, nothing was read before. */
	start(events: SocketEvents): void;
	/**
	 * From within `text`: nothing behind this message is parsed until `resume()` or a splice; what has come already is kept, one read of at most 64 KiB;
	 * behind a short rest of it (under 16 KiB) Node makes one more. Then no more is read, so an end may go unnoticed meanwhile.
	 */
	hold(): void;
	resume(): void;
	/** Text of the relay itself. Nothing once the end is known. */
	send(text: string): void;
	/** Says goodbye and ends within a second, whatever the peer does. `closed` follows. Idempotent. */
	close(code: number, reason: string): void;
	/** At once. `closed` follows. */
	terminate(): void;
}
