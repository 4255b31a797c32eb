import type { Clock } from '@linkscope/core';
import type { HeldBytes } from './held-bytes.js';
import type { SocketEnd } from './relay-socket.js';

export interface SpliceOptions {
	clock: Clock;
	/** Of the payload; a longer frame ends both sides with 4409. */
	maxFrameBytes: number;
	/** What may wait for a slow reader before the sender is paused; one frame under way may come on top at the end. */
	heldBytesPerDirection: number;
	/** Of all splices. Beyond its limit, 64 KiB in a direction are too much. */
	heldInAll?: HeldBytes;
	/** A reader that takes nothing for so long while that much waits ends both sides with 4440. */
	stallTimeoutMs: number;
	/** null: for ever. Ends with 4413. */
	durationMs?: number | null;
	/** Of payload, both ways together; null: any. Ends with 4413. */
	totalBytes?: number | null;
	/** ONE: every end is told with 1000. */
	alwaysNormal?: boolean;
	/** Once, when nothing is piped any more; the sockets may take a moment longer. Never from within `splice()`. */
	ended?(end: SpliceEnd): void;
}

/** Why a splice ended, for metrics and logs. */
export interface SpliceEnd extends SocketEnd {
	cause: 'closed' | 'lost' | 'malformed' | 'too-big' | 'slow-reader' | 'limit' | 'relay';
	/** Whose doing; of a slow reader the one that does not read. */
	by: 'dialler' | 'listener' | 'relay';
}

/** What went in one direction so far, control frames included. */
export interface Piped {
	readonly frames: number;
	/** Of payload. */
	readonly bytes: number;
}

export interface Splice {
	readonly fromDialler: Piped;
	readonly fromListener: Piped;
	/** All together hold too much: whose reader has not taken its part is stopped, and has no more time than any that stalls. */
	tighten(): void;
	/** Ends both sides, each behind the frame that is under way to it; within two seconds where a peer takes nothing. Idempotent. */
	close(code: number, reason: string): void;
}
