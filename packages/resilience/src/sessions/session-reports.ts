import type { ConnectionQuality } from '../retry/adaptive.js';
import type { StorageHealth } from './session-archive.js';
import type { SessionStatus } from './session-state.js';
import type { SessionTotals } from './session-table.js';

/** What a client is told when it was heard of. */
export interface HeartbeatResult {
	readonly status: SessionStatus;
	readonly connectionQuality: ConnectionQuality;
	/** Milliseconds one way, averaged. */
	readonly latency: number;
	/** Milliseconds by which the latency changes from one heartbeat to the next, averaged. */
	readonly jitter: number;
	/** When to send the next one. */
	readonly heartbeatIntervalMs: number;
	/** Milliseconds since 1970, for the client. */
	readonly serverTime: number;
	/** What the client's clock lags behind, its quickest heartbeat's way included; null while the clocks agree. */
	readonly clockSkewMs: number | null;
}

export interface ScheduledReconnection {
	readonly attempt: number;
	readonly delayMs: number;
}

export interface SessionsHealth {
	readonly sessions: number;
	readonly byStatus: Readonly<Record<SessionStatus, number>>;
	/** Of those CONNECTED. */
	readonly byQuality: Readonly<Record<ConnectionQuality, number>>;
	/** Mean of those CONNECTED, milliseconds; null where there are none. */
	readonly averageLatency: number | null;
	/** Since the manager began. */
	readonly totals: Readonly<SessionTotals>;
	/** null where sessions are kept nowhere but here. */
	readonly storage: StorageHealth | null;
}
