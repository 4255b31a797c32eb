/**
 * DISCONNECTED: not begun. CONNECTING: its first dial. RECONNECTING: it waits or dials again. TX_DROPPED: cut off in the middle of sending.
 * FAILED and STOPPED: nothing comes after.
 */
export type LinkState = 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'TX_DROPPED' | 'FAILED' | 'STOPPED';

const followers: Readonly<Record<LinkState, readonly LinkState[]>> = {
	DISCONNECTED: ['CONNECTING', 'STOPPED'],
	CONNECTING: ['CONNECTED', 'RECONNECTING', 'FAILED', 'STOPPED'],
	CONNECTED: ['RECONNECTING', 'TX_DROPPED', 'FAILED', 'STOPPED'],
	TX_DROPPED: ['RECONNECTING', 'FAILED', 'STOPPED'],
	RECONNECTING: ['CONNECTED', 'FAILED', 'STOPPED'],
	FAILED: [],
	STOPPED: [],
};

export function canMove(from: LinkState, to: LinkState): boolean {
	return followers[from].includes(to);
}

/** FAILED and STOPPED. */
export function isOver(state: LinkState): boolean {
	return state === 'FAILED' || state === 'STOPPED';
}
