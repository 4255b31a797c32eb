import { type Clock, Emitter } from '@linkscope/core';
import type { ConnectionQuality } from '../retry/adaptive.js';
import { SessionError } from './session-error.js';
import type { SessionEvent } from './session-events.js';
import type { SessionRecord } from './session-record.js';
import type { SessionState, SessionStatus } from './session-state.js';

type EventBody<E = SessionEvent> = E extends SessionEvent ? Omit<E, 'session'> : never;

/** What has happened since the manager began. */
export interface SessionTotals {
	registrations: number;
	heartbeats: number;
	/** Sessions lost or ended. */
	disconnections: number;
	/** Times a session went RECONNECTING. */
	reconnections: number;
	retries: number;
	retriesFailed: number;
}

export interface TableOptions {
	readonly clock: Clock;
	readonly maxSessions: number;
	readonly maxAttempts: number;
	/** Something of it is other than before. */
	changed(record: SessionRecord): void;
	/** It has another status. */
	moved(record: SessionRecord): void;
}

/** The sessions, how many are in which state, and who is told when one changes. */
export class SessionTable {
	readonly records = new Map<string, SessionRecord>();
	readonly events = new Emitter<SessionEvent>();
	readonly totals: SessionTotals = { registrations: 0, heartbeats: 0, disconnections: 0, reconnections: 0, retries: 0, retriesFailed: 0 };
	readonly byStatus: Record<SessionStatus, number> = { CONNECTED: 0, DISCONNECTED: 0, RECONNECTING: 0, SUSPENDED: 0, FAILED: 0 };
	/** Of those CONNECTED. */
	readonly byQuality: Record<ConnectionQuality, number> = { EXCELLENT: 0, GOOD: 0, POOR: 0, CRITICAL: 0 };
	readonly #options: TableOptions;

	constructor(options: TableOptions) {
		this.#options = options;
	}

	/** @throws SessionError SESSION_UNKNOWN */
	require(sessionId: string): SessionRecord {
		const record = this.records.get(sessionId);
		if (record) return record;
		throw new SessionError('SESSION_UNKNOWN', `there is no session ${shown(sessionId)}: register it first; a stale one is removed`);
	}

	has(record: SessionRecord): boolean {
		return this.records.get(record.sessionId) === record;
	}

	/** @throws SessionError SESSIONS_FULL */
	add(record: SessionRecord): void {
		const { maxSessions } = this.#options;
		if (this.records.size >= maxSessions) {
			throw new SessionError('SESSIONS_FULL', `there are ${maxSessions} sessions, as many as maxSessions allows: remove some or raise it`);
		}
		this.records.set(record.sessionId, record);
		this.#count(record, 1);
	}

	delete(record: SessionRecord, reason: 'stale' | 'removed'): void {
		this.records.delete(record.sessionId);
		this.#count(record, -1);
		this.emit(record, { type: 'connection.removed', reason });
	}

	/** Changes its status, which must be another, and tells of it. */
	become(record: SessionRecord, to: SessionStatus, reason: string): void {
		const { clock } = this.#options;
		const from = record.status;
		this.#count(record, -1);
		record.status = to;
		record.sinceMs = clock.now();
		this.#count(record, 1);
		const isLost = (from === 'CONNECTED' || from === 'SUSPENDED') && to !== 'CONNECTED' && to !== 'SUSPENDED';
		if (isLost) {
			record.disconnectedEpoch = clock.epoch();
			record.disconnections++;
			this.totals.disconnections++;
		}
		if (to === 'FAILED') record.isEnded = true;
		if (to === 'RECONNECTING') this.totals.reconnections++;
		if (to === 'CONNECTED') {
			record.disconnectedEpoch = null;
			record.isEnded = false;
			record.heardAtMs = record.sinceMs;
			record.missed = 0;
			if (from !== 'SUSPENDED') record.connectedEpoch = clock.epoch();
		}
		this.#options.changed(record);
		this.#options.moved(record);
		if (isLost) this.emit(record, { type: 'connection.disconnected', reason });
		// Whoever heard of the loss may have removed it, or brought it back and told of that.
		if (this.has(record) && record.status === to) this.emit(record, { type: 'connection.status.changed', from, to });
	}

	setQuality(record: SessionRecord, to: ConnectionQuality): void {
		const from = record.quality;
		if (from === to) return;
		this.#count(record, -1);
		record.quality = to;
		this.#count(record, 1);
		this.emit(record, { type: 'connection.quality.changed', from, to });
	}

	stateOf(record: SessionRecord): SessionState {
		return record.state(this.#options.maxAttempts);
	}

	emit(record: SessionRecord, event: EventBody): void {
		// A copy for nobody is not made.
		if (this.events.count > 0) this.events.emit({ ...event, session: this.stateOf(record) } as SessionEvent);
	}

	#count(record: SessionRecord, one: 1 | -1): void {
		this.byStatus[record.status] += one;
		if (record.status === 'CONNECTED') this.byQuality[record.quality] += one;
	}
}

/** An id as an error may show it: short, on one line. */
export function shown(sessionId: unknown): string {
	return JSON.stringify(String(sessionId).slice(0, 64));
}
