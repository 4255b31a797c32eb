import type { ConnectionQuality } from '../retry/adaptive.js';

export const SESSION_STATUSES = ['CONNECTED', 'DISCONNECTED', 'RECONNECTING', 'SUSPENDED', 'FAILED'] as const;
/** The best first. */
export const CONNECTION_QUALITIES: readonly ConnectionQuality[] = ['EXCELLENT', 'GOOD', 'POOR', 'CRITICAL'];

/** SUSPENDED: the page is frozen or the device offline, so no heartbeat is expected. */
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** One session as it stands: a copy, which changes nothing. Seeds/003 calls it ConnectionState. */
export interface SessionState {
	readonly sessionId: string;
	readonly userId?: string;
	readonly organizationId: string;
	readonly status: SessionStatus;
	readonly clientType: string;
	readonly connectedAt: Date;
	readonly lastHeartbeat: Date;
	/** When it last ended or was lost; absent while it is connected. */
	readonly disconnectedAt?: Date;
	/** Tries since it was last stable. */
	readonly reconnectAttempts: number;
	readonly maxReconnectAttempts: number;
	readonly connectionQuality: ConnectionQuality;
	/** Milliseconds one way, averaged; 0 until something measured it. */
	readonly latency: number;
	readonly missedHeartbeats: number;
	readonly totalDisconnections: number;
	readonly metadata?: Readonly<Record<string, unknown>>;
}

const NEXT: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
	CONNECTED: ['DISCONNECTED', 'RECONNECTING', 'SUSPENDED', 'FAILED'],
	// What is not connected has nothing that could be suspended.
	DISCONNECTED: ['CONNECTED', 'RECONNECTING', 'FAILED'],
	RECONNECTING: ['CONNECTED', 'DISCONNECTED', 'SUSPENDED', 'FAILED'],
	SUSPENDED: ['CONNECTED', 'DISCONNECTED', 'RECONNECTING', 'FAILED'],
	// Given up: it begins anew or not at all.
	FAILED: ['CONNECTED', 'RECONNECTING'],
};

export function mayBecome(from: SessionStatus, to: SessionStatus): boolean {
	return NEXT[from].includes(to);
}

/** @param latencyMs averaged */
export function qualityOf(missedHeartbeats: number, latencyMs: number): ConnectionQuality {
	if (missedHeartbeats > 2) return 'CRITICAL';
	if (missedHeartbeats > 1 || latencyMs > 1_000) return 'POOR';
	return latencyMs > 500 ? 'GOOD' : 'EXCELLENT';
}

const INTERVAL_FACTOR: Readonly<Record<ConnectionQuality, number>> = { EXCELLENT: 1.5, GOOD: 1, POOR: 0.75, CRITICAL: 0.5 };
const SMALLEST_CHANGE_MS = 5_000;

/** How often a session of this quality is to be heard of: a bad one more often. A change of 5 s or less is none. */
export function heartbeatIntervalFor(quality: ConnectionQuality, baseMs: number, currentMs: number): number {
	const wantedMs = baseMs * INTERVAL_FACTOR[quality];
	return Math.abs(wantedMs - currentMs) > SMALLEST_CHANGE_MS ? wantedMs : currentMs;
}

export function worseOf(a: ConnectionQuality, b: ConnectionQuality): ConnectionQuality {
	return CONNECTION_QUALITIES.indexOf(a) > CONNECTION_QUALITIES.indexOf(b) ? a : b;
}
