import type { Clock } from '@linkscope/core';
import { Deadlines } from './deadlines.js';
import type { SessionRecord } from './session-record.js';

export interface WatchOptions {
	readonly clock: Clock;
	readonly heartbeatIntervalMs: number;
	readonly heartbeatGraceMs: number;
	readonly maxMissedHeartbeats: number;
	readonly stableAfterMs: number;
	readonly staleAfterMs: number;
	/** It has missed one heartbeat more. */
	missed(record: SessionRecord): void;
	/** It has missed as many as it may. */
	lost(record: SessionRecord): void;
	tryDue(record: SessionRecord, nowMs: number): void;
	stale(record: SessionRecord): void;
}

/** Knows what each session is due for and when: a missed heartbeat, a try, its end. */
export class SessionWatch {
	readonly #options: WatchOptions;
	readonly #deadlines: Deadlines<SessionRecord>;
	/** Before this nobody could be heard: the process slept or was not there. */
	#awakeSinceMs = Number.NEGATIVE_INFINITY;

	constructor(options: WatchOptions) {
		this.#options = options;
		this.#deadlines = new Deadlines(options.clock, {
			look: (record, nowMs) => this.#look(record, nowMs),
			overslept: (nowMs, lateMs) => {
				if (lateMs >= options.heartbeatIntervalMs / 2) this.#awakeSinceMs = nowMs;
			},
		});
	}

	/** To be called when it is new, and when it may be due sooner than before. */
	watch(record: SessionRecord): void {
		this.#deadlines.byAtLatest(record, this.#deadlineOf(record));
	}

	heard(record: SessionRecord): void {
		const nowMs = this.#options.clock.now();
		record.missed = 0;
		record.heardAtMs = nowMs;
		this.#settle(record, nowMs);
		this.watch(record);
	}

	forget(record: SessionRecord): void {
		this.#deadlines.remove(record);
	}

	stop(): void {
		this.#deadlines.clear();
	}

	/** @returns when to look again. */
	#look(record: SessionRecord, nowMs: number): number {
		if (nowMs >= this.#deadlineOf(record)) {
			if (record.status === 'CONNECTED') this.#countMissed(record, nowMs);
			else if (record.status === 'RECONNECTING') this.#options.tryDue(record, nowMs);
			else this.#options.stale(record);
		}
		return this.#deadlineOf(record);
	}

	#countMissed(record: SessionRecord, nowMs: number): void {
		this.#settle(record, nowMs);
		const { heartbeatGraceMs, maxMissedHeartbeats, missed, lost } = this.#options;
		const count = Math.floor((nowMs - heartbeatGraceMs - this.#silentSince(record)) / record.intervalMs);
		if (count <= record.missed) return;
		record.missed = count;
		missed(record);
		// Whoever heard of it may have decided otherwise.
		if (record.missed >= maxMissedHeartbeats && record.status === 'CONNECTED' && record.index !== -1) lost(record);
	}

	#deadlineOf(record: SessionRecord): number {
		const { heartbeatGraceMs, stableAfterMs, staleAfterMs } = this.#options;
		if (record.status === 'RECONNECTING') return record.running?.endsAtMs ?? record.tryAtMs;
		if (record.status !== 'CONNECTED') return record.sinceMs + staleAfterMs;
		const missedAtMs = this.#silentSince(record) + heartbeatGraceMs + (record.missed + 1) * record.intervalMs;
		return record.attempts > 0 ? Math.min(missedAtMs, record.sinceMs + stableAfterMs) : missedAtMs;
	}

	#silentSince(record: SessionRecord): number {
		return Math.max(record.heardAtMs, this.#awakeSinceMs);
	}

	/** After a long time without trouble the next loss is a first one. */
	#settle(record: SessionRecord, nowMs: number): void {
		if (record.status !== 'CONNECTED' || record.attempts === 0 || nowMs - record.sinceMs < this.#options.stableAfterMs) return;
		record.attempts = 0;
		record.waitedMs = 0;
	}
}
