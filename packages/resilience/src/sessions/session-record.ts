import type { Backoff, Clock } from '@linkscope/core';
import type { ConnectionQuality } from '../retry/adaptive.js';
import type { Dated } from './deadlines.js';
import { LatencyMeter } from './latency-meter.js';
import type { SessionState, SessionStatus } from './session-state.js';

/** A try to bring a session back, while it runs. */
export interface RunningTry {
	readonly controller: AbortController;
	readonly endsAtMs: number;
}

/** How one session is to come back; null where it has not been said. */
export interface ReconnectPlan {
	readonly backoff: Backoff;
	readonly maxAttempts: number;
}

/** What the manager keeps of one session: numbers, so that a hundred thousand fit. Names ending in AtMs are monotonic, in Epoch ms since 1970. */
export class SessionRecord implements Dated {
	at = 0;
	readonly order = 0;
	index = -1;
	status: SessionStatus = 'CONNECTED';
	quality: ConnectionQuality = 'EXCELLENT';
	readonly meter = new LatencyMeter();
	missed = 0;
	disconnections = 0;
	disconnectedEpoch: number | null = null;
	/** Ended by a word, not by silence: a straggling heartbeat does not bring it back. */
	isEnded = false;
	attempts = 0;
	/** How long the last wait before a try was. */
	waitedMs = 0;
	/** RECONNECTING: when the next try is due, while none runs. */
	tryAtMs = 0;
	running: RunningTry | null = null;
	plan: ReconnectPlan | null = null;

	constructor(
		readonly sessionId: string,
		public userId: string | undefined,
		public organizationId: string,
		public clientType: string,
		/** JSON, so that nobody else holds it. */
		public metadata: string | undefined,
		public connectedEpoch: number,
		public heartbeatEpoch: number,
		/** Since when it has its status. */
		public sinceMs: number,
		/** Since when heartbeats are missed. */
		public heardAtMs: number,
		/** How often it was told to send one. */
		public intervalMs: number,
	) {}

	state(defaultMaxAttempts: number): SessionState {
		return {
			sessionId: this.sessionId,
			...(this.userId === undefined ? {} : { userId: this.userId }),
			organizationId: this.organizationId,
			status: this.status,
			clientType: this.clientType,
			connectedAt: new Date(this.connectedEpoch),
			lastHeartbeat: new Date(this.heartbeatEpoch),
			...(this.disconnectedEpoch === null ? {} : { disconnectedAt: new Date(this.disconnectedEpoch) }),
			reconnectAttempts: this.attempts,
			maxReconnectAttempts: this.plan?.maxAttempts ?? defaultMaxAttempts,
			connectionQuality: this.quality,
			latency: this.meter.latencyMs,
			missedHeartbeats: this.missed,
			totalDisconnections: this.disconnections,
			...(this.metadata === undefined ? {} : { metadata: JSON.parse(this.metadata) }),
		};
	}
}

/** A session as a store kept it. Its clients could not be heard while nobody was there: silence counts from now. */
export function restoredRecord(state: SessionState, clock: Clock, intervalMs: number, plan: ReconnectPlan): SessionRecord {
	const nowMs = clock.now();
	const epoch = clock.epoch();
	const { sessionId, userId, organizationId, clientType, metadata, status, disconnectedAt, maxReconnectAttempts } = state;
	const json = metadata && JSON.stringify(metadata);
	const sinceEpoch = (disconnectedAt ?? (status === 'SUSPENDED' ? state.lastHeartbeat : state.connectedAt)).getTime();
	// What is said to lie in the future began now: clocks were set meanwhile.
	const sinceMs = nowMs - Math.max(epoch - sinceEpoch, 0);
	const connectedEpoch = state.connectedAt.getTime();
	const record = new SessionRecord(
		sessionId,
		userId,
		organizationId,
		clientType,
		json,
		connectedEpoch,
		state.lastHeartbeat.getTime(),
		sinceMs,
		nowMs,
		intervalMs,
	);
	record.status = status;
	record.quality = state.connectionQuality;
	record.meter.restore(state.latency);
	record.disconnections = state.totalDisconnections;
	record.disconnectedEpoch = disconnectedAt?.getTime() ?? null;
	// What silence had taken would be RECONNECTING.
	record.isEnded = status === 'DISCONNECTED' || status === 'FAILED';
	record.attempts = state.reconnectAttempts;
	if (maxReconnectAttempts !== plan.maxAttempts) record.plan = { backoff: plan.backoff, maxAttempts: maxReconnectAttempts };
	return record;
}
