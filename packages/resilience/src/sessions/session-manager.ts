import type { Clock, Subscribable } from '@linkscope/core';
import { connectionPressure, qualityFactor } from '../retry/adaptive.js';
import { type ReconnectConfig, type ReconnectStrategy, reconnectPlan } from './reconnect-strategy.js';
import { Reconnector } from './reconnector.js';
import { SessionArchive } from './session-archive.js';
import { SessionError } from './session-error.js';
import type { SessionEvent } from './session-events.js';
import { checkText, metadataText, type SessionManagerOptions, sessionOptions } from './session-options.js';
import { type ReconnectPlan, restoredRecord, SessionRecord } from './session-record.js';
import type { HeartbeatResult, ScheduledReconnection, SessionsHealth } from './session-reports.js';
import { CONNECTION_QUALITIES, heartbeatIntervalFor, mayBecome, qualityOf, type SessionState, type SessionStatus, worseOf } from './session-state.js';
import { SessionTable, shown } from './session-table.js';
import { SessionWatch } from './session-watch.js';

/**
 * Keeps the sessions of clients that connect, fall silent, come back and go: who is connected, how well, since when; tries to bring back
 * who was lost, and forgets who stays away. All sessions share one timer.
 */
export class SessionManager {
	readonly onEvent: Subscribable<SessionEvent>;
	readonly #options: ReturnType<typeof sessionOptions>;
	readonly #clock: Clock;
	readonly #random: (() => number) | undefined;
	readonly #table: SessionTable;
	readonly #watch: SessionWatch;
	readonly #reconnector: Reconnector;
	readonly #archive: SessionArchive | null;
	readonly #plan: ReconnectPlan;
	#isClosed = false;

	/** @throws RangeError naming the option. */
	constructor(options: SessionManagerOptions = {}) {
		this.#options = sessionOptions(options);
		const { clock, maxSessions, flushIntervalMs } = this.#options;
		const { storage, random, reconnect } = options;
		this.#clock = clock;
		this.#random = random;
		this.#plan = reconnectPlan(options.reconnectConfig ?? {}, options.strategy ?? 'EXPONENTIAL', this.#pressure, random);
		this.#archive = storage ? new SessionArchive({ storage, clock, flushIntervalMs, stateOf: (id) => this.getConnection(id) }) : null;
		const moved = (record: SessionRecord): void => this.#watch.watch(record);
		const changed = ({ sessionId }: SessionRecord): void => this.#archive?.changed(sessionId);
		this.#table = new SessionTable({ clock, maxSessions, maxAttempts: this.#plan.maxAttempts, changed, moved });
		this.onEvent = this.#table.events;
		this.#reconnector = new Reconnector({ ...this.#options, table: this.#table, plan: this.#plan, reconnect, moved });
		this.#watch = new SessionWatch({
			...this.#options,
			missed: (record) => {
				changed(record);
				this.#table.setQuality(record, qualityOf(record.missed, record.meter.latencyMs));
			},
			lost: (record) => this.#lost(record),
			tryDue: (record, nowMs) => this.#reconnector.look(record, nowMs),
			stale: (record) => this.#remove(record, 'stale'),
		});
	}

	get size(): number {
		return this.#table.records.size;
	}

	/**
	 * A client has connected; one that is known has come back, and keeps its history.
	 * @param sessionId like all texts at most 256 characters.
	 * @param metadata copied as JSON, at most 16,384 characters.
	 * @throws TypeError, RangeError naming the argument; SessionError SESSIONS_FULL, SESSION_MANAGER_CLOSED.
	 */
	registerConnection(
		sessionId: string,
		userId: string | undefined,
		organizationId: string,
		clientType: string,
		metadata?: Readonly<Record<string, unknown>>,
	): SessionState {
		this.#assertOpen();
		checkText('sessionId', sessionId, 1);
		if (userId !== undefined) checkText('userId', userId, 0);
		checkText('organizationId', organizationId, 0);
		checkText('clientType', clientType, 0);
		const json = metadataText(metadata);
		const epoch = this.#clock.epoch();
		const nowMs = this.#clock.now();
		const known = this.#table.records.get(sessionId);
		const record =
			known ?? new SessionRecord(sessionId, userId, organizationId, clientType, json, epoch, epoch, nowMs, nowMs, this.#options.heartbeatIntervalMs);
		if (known) {
			Object.assign(known, { userId, organizationId, clientType, metadata: json ?? known.metadata, connectedEpoch: epoch });
			this.#heard(known, epoch);
		} else {
			this.#table.add(record);
			this.#watch.watch(record);
			this.#archive?.changed(sessionId);
		}
		this.#table.totals.registrations++;
		this.#table.emit(record, { type: 'connection.registered', isReturning: known !== undefined });
		return this.#table.stateOf(record);
	}

	/**
	 * A client was heard of. What was lost by silence or suspended is connected again.
	 * @param clientTimestamp when the client sent it, by its own clock; what is no time is left out.
	 * @throws SessionError SESSION_UNKNOWN, SESSION_ENDED, SESSION_MANAGER_CLOSED.
	 */
	updateHeartbeat(sessionId: string, clientTimestamp?: Date | number): HeartbeatResult {
		this.#assertOpen();
		const record = this.#table.require(sessionId);
		if (record.isEnded) {
			throw new SessionError('SESSION_ENDED', `session ${shown(sessionId)} is ${record.status}: a heartbeat does not bring it back, registerConnection() does`);
		}
		const epoch = this.#clock.epoch();
		const { meter } = record;
		meter.measure(clientTimestamp, epoch);
		this.#table.totals.heartbeats++;
		this.#heard(record, epoch);
		return {
			status: record.status,
			connectionQuality: record.quality,
			latency: meter.latencyMs,
			jitter: meter.jitterMs,
			heartbeatIntervalMs: record.intervalMs,
			serverTime: epoch,
			clockSkewMs: Number.isNaN(meter.skewMs) ? null : meter.skewMs,
		};
	}

	/**
	 * The application knows better: the client said goodbye, its page is frozen, its connection broke.
	 * A session set to DISCONNECTED or FAILED has ended: heartbeats are refused until it is registered again.
	 * @param reason for the event.
	 * @throws SessionError SESSION_UNKNOWN, SESSION_TRANSITION, SESSION_MANAGER_CLOSED.
	 */
	updateStatus(sessionId: string, status: SessionStatus, reason = 'requested'): SessionState {
		this.#assertOpen();
		const record = this.#table.require(sessionId);
		if (record.status !== status) {
			if (!mayBecome(record.status, status)) {
				throw new SessionError('SESSION_TRANSITION', `session ${shown(sessionId)} is ${record.status} and cannot become ${String(status).slice(0, 20)}`);
			}
			if (status === 'RECONNECTING') this.scheduleReconnection(sessionId);
			else if (status === 'CONNECTED') this.#reconnector.returned(record);
			else {
				this.#reconnector.cancel(record);
				record.isEnded = status !== 'SUSPENDED';
				this.#table.become(record, status, reason);
			}
		}
		return this.#table.stateOf(record);
	}

	/**
	 * Takes a session through its tries, the first one after a wait. One that has FAILED starts counting anew; what runs already goes on, with the new waits.
	 * @returns null where its tries are used up: it has FAILED.
	 * @throws RangeError naming the option; TypeError for a strategy that there is not; SessionError SESSION_UNKNOWN, SESSION_MANAGER_CLOSED.
	 */
	scheduleReconnection(sessionId: string, config?: ReconnectConfig, strategy?: ReconnectStrategy): ScheduledReconnection | null {
		this.#assertOpen();
		const record = this.#table.require(sessionId);
		if (config || strategy) record.plan = reconnectPlan(config ?? {}, strategy ?? 'EXPONENTIAL', this.#pressure, this.#random);
		if (record.status === 'FAILED') record.attempts = 0;
		if (record.status !== 'RECONNECTING') {
			record.isEnded = false;
			this.#reconnector.schedule(record);
		}
		// Read again: whoever heard of it may have changed it.
		const { status, attempts, waitedMs } = record;
		return status === 'FAILED' ? null : { attempt: attempts, delayMs: waitedMs };
	}

	/** Forgets a session. @throws SessionError SESSION_UNKNOWN, SESSION_MANAGER_CLOSED. */
	removeConnection(sessionId: string): void {
		this.#assertOpen();
		this.#remove(this.#table.require(sessionId), 'removed');
	}

	getConnection(sessionId: string): SessionState | null {
		const record = this.#table.records.get(sessionId);
		return record ? this.#table.stateOf(record) : null;
	}

	/** All sessions, oldest registration first. */
	*connections(): IterableIterator<SessionState> {
		for (const record of this.#table.records.values()) yield this.#table.stateOf(record);
	}

	health(): SessionsHealth {
		const { records, byStatus, byQuality, totals } = this.#table;
		let latencyMs = 0;
		for (const record of records.values()) if (record.status === 'CONNECTED') latencyMs += record.meter.latencyMs;
		return {
			sessions: records.size,
			byStatus: { ...byStatus },
			byQuality: { ...byQuality },
			averageLatency: byStatus.CONNECTED === 0 ? null : latencyMs / byStatus.CONNECTED,
			totals: { ...totals },
			storage: this.#archive?.health() ?? null,
		};
	}

	/**
	 * Takes up what the storage kept; sessions that are known by now stay as they are. One that was connected has a full interval to be heard of.
	 * @returns how many sessions were taken up.
	 * @throws SessionError SESSION_STORE_… at the first failure; it is tried again with growing pauses until it succeeds (health() tells).
	 */
	async restore(): Promise<number> {
		this.#assertOpen();
		return this.#archive?.restore((state) => this.#takeUp(state)) ?? 0;
	}

	/** Writes what waits. @throws SessionError SESSION_STORE_…; what was not written still waits. */
	async flush(): Promise<void> {
		await this.#archive?.flush();
	}

	/** Stores what waits and ends all timers and tries. Idempotent. @throws SessionError SESSION_STORE_… where the last changes could not be stored. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#watch.stop();
		for (const record of this.#table.records.values()) this.#reconnector.cancel(record);
		await this.#archive?.close();
	}

	/** @returns whether it was taken up. */
	#takeUp(state: SessionState): boolean {
		if (this.#table.records.has(state.sessionId) || this.size >= this.#options.maxSessions) return false;
		const record = restoredRecord(state, this.#clock, this.#options.heartbeatIntervalMs, this.#plan);
		this.#table.add(record);
		if (record.status === 'RECONNECTING') this.#reconnector.resume(record);
		this.#watch.watch(record);
		return true;
	}

	#heard(record: SessionRecord, epoch: number): void {
		const before = record.quality;
		record.heartbeatEpoch = epoch;
		const quality = qualityOf(0, record.meter.latencyMs);
		// Who has just been silent is to be heard of soon, even if all is well now.
		record.intervalMs = heartbeatIntervalFor(worseOf(before, quality), this.#options.heartbeatIntervalMs, record.intervalMs);
		this.#watch.heard(record);
		if (record.status === 'CONNECTED') this.#archive?.changed(record.sessionId);
		else this.#reconnector.returned(record);
		this.#table.setQuality(record, quality);
	}

	#lost(record: SessionRecord): void {
		this.#table.become(record, 'DISCONNECTED', 'heartbeats-missed');
		// Whoever heard of it may have decided otherwise.
		if (this.#options.autoReconnect && this.#table.has(record) && isLost(record)) this.#reconnector.schedule(record);
	}

	#remove(record: SessionRecord, reason: 'stale' | 'removed'): void {
		this.#reconnector.cancel(record);
		this.#watch.forget(record);
		this.#archive?.removed(record.sessionId);
		this.#table.delete(record, reason);
	}

	#assertOpen(): void {
		if (this.#isClosed) throw new SessionError('SESSION_MANAGER_CLOSED', 'this SessionManager was closed: make a new one');
	}

	readonly #pressure = (): number => {
		const { byQuality, byStatus, records } = this.#table;
		const sum = CONNECTION_QUALITIES.reduce((all, quality) => all + byQuality[quality] * qualityFactor(quality), 0);
		return connectionPressure(records.size, byStatus.CONNECTED === 0 ? 1 : sum / byStatus.CONNECTED);
	};
}

function isLost({ status, isEnded }: SessionRecord): boolean {
	return status === 'DISCONNECTED' && !isEnded;
}
