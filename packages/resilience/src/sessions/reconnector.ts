import { type Attempt, asError, type Clock } from '@linkscope/core';
import { SessionError } from './session-error.js';
import type { ReconnectPlan, RunningTry, SessionRecord } from './session-record.js';
import type { SessionState } from './session-state.js';
import { type SessionTable, shown } from './session-table.js';

/** Where as many tries run as may, the next one looks again after this. */
const TURN_MS = 100;

/** Brings a session back. Resolved: it is connected; rejected or resolved with false: this try has failed. `signal` aborts when the try is given up. */
export type Reconnect = (session: SessionState, attempt: Attempt) => unknown;

export interface ReconnectorOptions {
	readonly clock: Clock;
	readonly table: SessionTable;
	readonly plan: ReconnectPlan;
	/** Without one, a try is the time in which the client may come back by itself. */
	readonly reconnect: Reconnect | undefined;
	readonly tryTimeoutMs: number;
	readonly maxRunningTries: number;
	/** It is due at another time. */
	moved(record: SessionRecord): void;
}

/** Waits, tries, waits longer: takes one session after another through its tries, one at a time each, until it is back or has FAILED. */
export class Reconnector {
	#running = 0;
	readonly #options: ReconnectorOptions;

	constructor(options: ReconnectorOptions) {
		this.#options = options;
	}

	/** Plans the next try, or gives up. */
	schedule(record: SessionRecord): void {
		const { table, clock } = this.#options;
		const waitMs = this.#nextWait(record);
		if (waitMs === null) {
			const { status } = record;
			table.emit(record, { type: 'retry.exhausted', attempts: record.attempts });
			// Whoever heard of it may have decided otherwise.
			if (table.has(record) && record.status === status && status !== 'FAILED') table.become(record, 'FAILED', 'reconnect-exhausted');
			return;
		}
		record.attempts++;
		record.waitedMs = waitMs;
		record.tryAtMs = clock.now() + waitMs;
		if (record.status === 'RECONNECTING') this.#options.moved(record);
		else table.become(record, 'RECONNECTING', 'reconnecting');
	}

	/** One that was RECONNECTING when the process ended: the try it waited for comes after a new wait. */
	resume(record: SessionRecord): void {
		const attempt = Math.max(record.attempts, 1);
		record.attempts = attempt - 1;
		record.waitedMs = this.#nextWait(record) ?? 0;
		record.attempts = attempt;
		record.tryAtMs = this.#options.clock.now() + record.waitedMs;
	}

	/** Its time has come: to try, or to give the running try up. */
	look(record: SessionRecord, nowMs: number): void {
		const { running } = record;
		if (!running) {
			if (nowMs >= record.tryAtMs) this.#try(record, nowMs);
		} else if (nowMs >= running.endsAtMs) {
			const { tryTimeoutMs } = this.#options;
			const error = new SessionError('SESSION_RECONNECT_TIMEOUT', `session ${shown(record.sessionId)} did not come back within ${tryTimeoutMs} ms`);
			this.#end(record, running);
			running.controller.abort(error);
			this.#failed(record, error);
		}
	}

	/** It ended or is gone: the running try is nobody's any more. */
	cancel(record: SessionRecord): void {
		const { running } = record;
		if (!running) return;
		this.#end(record, running);
		running.controller.abort();
	}

	#nextWait(record: SessionRecord): number | null {
		const { backoff, maxAttempts } = record.plan ?? this.#options.plan;
		if (record.attempts >= maxAttempts) return null;
		try {
			const waitMs = backoff.next(record.attempts + 1, record.waitedMs);
			return waitMs !== null && waitMs >= 0 ? waitMs : null;
		} catch {
			// A backoff that cannot say when is one that gives up.
			return null;
		}
	}

	#try(record: SessionRecord, nowMs: number): void {
		const { table, tryTimeoutMs, maxRunningTries } = this.#options;
		if (this.#running >= maxRunningTries) {
			record.tryAtMs = nowMs + TURN_MS;
			return;
		}
		this.#running++;
		const running: RunningTry = { controller: new AbortController(), endsAtMs: nowMs + tryTimeoutMs };
		record.running = running;
		table.totals.retries++;
		table.emit(record, { type: 'retry.attempt', attempt: record.attempts, waitedMs: record.waitedMs });
		if (record.running === running) void this.#call(record, running);
	}

	async #call(record: SessionRecord, running: RunningTry): Promise<void> {
		const { reconnect, table } = this.#options;
		if (!reconnect) return;
		try {
			const answer = await reconnect(table.stateOf(record), { number: record.attempts, signal: running.controller.signal });
			if (record.running !== running) return;
			if (answer === false) throw new SessionError('SESSION_RECONNECT_REFUSED', `reconnect() of session ${shown(record.sessionId)} resolved with false`);
		} catch (thrown) {
			if (record.running !== running) return;
			this.#end(record, running);
			this.#failed(record, asError(thrown));
			return;
		}
		this.#succeeded(record);
	}

	/** It came back by itself, or another has seen it: nobody need bring it any more. */
	returned(record: SessionRecord): void {
		const { running } = record;
		this.#succeeded(record);
		running?.controller.abort();
	}

	#succeeded(record: SessionRecord): void {
		const { table } = this.#options;
		const { running } = record;
		if (running) this.#end(record, running);
		table.become(record, 'CONNECTED', 'reconnected');
		if (running) table.emit(record, { type: 'retry.success', attempt: record.attempts });
	}

	#failed(record: SessionRecord, error: Error): void {
		const { table } = this.#options;
		table.totals.retriesFailed++;
		table.emit(record, { type: 'retry.failed', attempt: record.attempts, error });
		if (table.has(record) && record.status === 'RECONNECTING' && !record.running) this.schedule(record);
	}

	#end(record: SessionRecord, running: RunningTry): void {
		if (record.running !== running) return;
		record.running = null;
		this.#running--;
	}
}
