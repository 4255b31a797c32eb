import type { LinkState } from './link-state.js';

/** What a link and its monitors tell, in the words of seeds/001. */
export const LinkEventType = {
	RECONNECT_START: 'EVENT_RECONNECT_START',
	RECONNECT_OK: 'EVENT_RECONNECT_OK',
	RECONNECT_FAILED: 'EVENT_RECONNECT_FAILED',
	POWER_WARNING: 'EVENT_POWER_WARNING',
	POWER_CRITICAL: 'EVENT_POWER_CRITICAL',
	TX_DROP_DETECTED: 'EVENT_TX_DROP_DETECTED',
	FAST_PATH_ACTIVE: 'EVENT_FAST_PATH_ACTIVE',
	STATE_CHANGE: 'EVENT_STATE_CHANGE',
	CONNECTION_STABLE: 'EVENT_CONNECTION_STABLE',
	MAX_RETRIES_EXCEEDED: 'EVENT_MAX_RETRIES_EXCEEDED',
} as const;

export type LinkEventName = (typeof LinkEventType)[keyof typeof LinkEventType];

export interface LinkEvent {
	readonly type: LinkEventName;
	/** Milliseconds since 1970. */
	readonly time: number;
	/** Of the link when it happened. */
	readonly state: LinkState;
	/** Tries since the link was last stable. */
	readonly reconnectCount: number;
	readonly context: LinkEventContext;
}

/** What belongs to an event: codes, counts, milliseconds (names end in Ms). Never a payload. */
export type LinkEventContext = Readonly<Record<string, string | number | boolean | null>>;
