import { CloseReason } from './close-reasons.js';

/** Within this time a second connection is a duplicate, and not the next one. */
const DUPLICATE_WINDOW_MS = 2_000;

export interface Dropped {
	readonly which: 'old' | 'new';
	readonly reason: string;
}

/**
 * Two connections carry one channel: which of them goes, and in which words. Said by the side of the smaller identity alone, by its own
 * clock, for two clocks cannot agree on what is within two seconds.
 * @param ageMs since the old one was kept.
 * @see docs/protocol.md#routes
 */
export function whichToDrop(old: { dialledByDecider: boolean }, fresh: { dialledByDecider: boolean }, ageMs: number): Dropped {
	if (ageMs >= DUPLICATE_WINDOW_MS) return { which: 'old', reason: CloseReason.REPLACED };
	// Both sides dialled at once: what the smaller identity dialled stays, whichever came first.
	const wasCrossed = fresh.dialledByDecider && !old.dialledByDecider;
	return { which: wasCrossed ? 'old' : 'new', reason: CloseReason.DUPLICATE };
}
