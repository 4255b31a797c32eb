import { asError, type Backoff, type Clock, codeOf, type Unsubscribe } from '@linkscope/core';
import { exponential } from '../retry/backoffs.js';
import { percentJitter } from '../retry/jitter.js';
import { SessionError } from './session-error.js';
import type { SessionState } from './session-state.js';
import type { SessionStorage } from './session-storage.js';
import { readStoredSession } from './stored-session.js';

// The embedded database works in this thread: no longer than a blink at a time.
const MAX_BATCH = 200;
const MAX_REMOVALS = 100_000;

export interface StorageHealth {
	readonly name: string;
	/** `failing` until a write or a load succeeds again. */
	readonly status: 'working' | 'failing';
	/** Sessions whose newest state is not stored yet. */
	readonly pendingWrites: number;
	/** Failures in a row. */
	readonly failures: number;
	readonly lastError: { readonly code: string; readonly message: string; readonly at: string } | null;
	/** Removals given up because too many waited: such a session is removed again when it is restored and stale. */
	readonly droppedRemovals: number;
	/** Stored sessions that could not be read and were left where they are. */
	readonly corruptSessions: number;
}

export interface ArchiveOptions {
	readonly storage: SessionStorage;
	readonly clock: Clock;
	/** How long changes are gathered. */
	readonly flushIntervalMs: number;
	/** Its newest state; null where it is no more. */
	stateOf(sessionId: string): SessionState | null;
}

/**
 * Writes what changed, in batches and in the background, and reads it back. Only ids wait, so of every session the newest state is written and the queue is
 * never longer than the sessions and the removals are many. A store that fails is tried again with growing pauses; nothing is lost meanwhile.
 */
export class SessionArchive {
	readonly #options: ArchiveOptions;
	readonly #backoff: Backoff = percentJitter(exponential(), { ratio: 0.1 });
	readonly #changed = new Set<string>();
	readonly #removed = new Set<string>();
	#cancel: Unsubscribe | null = null;
	#running: Promise<void> | null = null;
	#isClosed = false;
	#failures = 0;
	#waitedMs = 0;
	#lastError: StorageHealth['lastError'] = null;
	#droppedRemovals = 0;
	#corruptSessions = 0;
	#cancelRestore: Unsubscribe | null = null;

	constructor(options: ArchiveOptions) {
		this.#options = options;
	}

	changed(sessionId: string): void {
		this.#changed.add(sessionId);
		if (this.#removed.size > 0) this.#removed.delete(sessionId);
		this.#arm();
	}

	removed(sessionId: string): void {
		this.#changed.delete(sessionId);
		if (this.#removed.size >= MAX_REMOVALS) this.#droppedRemovals++;
		else this.#removed.add(sessionId);
		this.#arm();
	}

	health(): StorageHealth {
		return {
			name: this.#options.storage.name,
			status: this.#failures === 0 ? 'working' : 'failing',
			pendingWrites: this.#changed.size + this.#removed.size,
			failures: this.#failures,
			lastError: this.#lastError,
			droppedRemovals: this.#droppedRemovals,
			corruptSessions: this.#corruptSessions,
		};
	}

	/**
	 * Reads what is stored. A store that fails is tried again with growing pauses, and what it then tells is taken up as well.
	 * @param takeUp returns whether the session was of use.
	 * @returns how many were.
	 * @throws SessionError at the first failure.
	 */
	async restore(takeUp: (state: SessionState) => boolean): Promise<number> {
		this.#cancelRestore?.();
		this.#cancelRestore = null;
		let stored: readonly unknown[];
		try {
			stored = await this.#use(() => this.#options.storage.load());
		} catch (error) {
			if (!this.#isClosed) this.#cancelRestore = this.#options.clock.after(this.#restMs(), () => void this.restore(takeUp).catch(() => {}));
			throw error;
		}
		if (this.#isClosed) return 0;
		this.#corruptSessions = 0;
		let taken = 0;
		for (const each of stored) {
			const state = readStoredSession(each);
			if (!state) this.#corruptSessions++;
			else if (!this.#removed.has(state.sessionId) && takeUp(state)) taken++;
		}
		return taken;
	}

	/** Writes what waits. @throws SessionError where the store fails; what was not written still waits. */
	flush(): Promise<void> {
		this.#disarm();
		this.#running ??= this.#use(() => this.#writeAll()).finally(() => {
			this.#running = null;
			this.#arm();
		});
		return this.#running;
	}

	/** Writes what waits, as far as the store takes it, and closes the store. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.#cancelRestore?.();
		this.#disarm();
		await this.#running?.catch(() => {});
		try {
			if (this.#changed.size + this.#removed.size > 0) await this.#use(() => this.#writeAll());
		} finally {
			await this.#options.storage.close();
		}
	}

	async #writeAll(): Promise<void> {
		while (this.#changed.size + this.#removed.size > 0) await this.#writeBatch(take(this.#changed), take(this.#removed));
	}

	async #writeBatch(changed: string[], remove: string[]): Promise<void> {
		const put = changed.map((id) => this.#options.stateOf(id)).filter((state) => state !== null);
		try {
			await this.#options.storage.write({ put, remove });
		} catch (error) {
			for (const id of changed) this.#changed.add(id);
			// Unless it has come back by now.
			for (const id of remove) if (!this.#changed.has(id)) this.#removed.add(id);
			throw error;
		}
	}

	/** Runs what uses the store and counts its failures. @throws SessionError */
	async #use<T>(work: () => Promise<T>): Promise<T> {
		try {
			const result = await work();
			this.#failures = 0;
			this.#waitedMs = 0;
			return result;
		} catch (thrown) {
			const error = asStoreError(thrown, this.#options.storage.name);
			this.#failures++;
			this.#lastError = { code: error.code, message: error.message, at: new Date(this.#options.clock.epoch()).toISOString() };
			throw error;
		}
	}

	/** How long to leave the store alone after a failure. */
	#restMs(): number {
		this.#waitedMs = this.#backoff.next(this.#failures, this.#waitedMs) ?? 0;
		return this.#waitedMs;
	}

	#arm(): void {
		if (this.#isClosed || this.#cancel || this.#running || this.#changed.size + this.#removed.size === 0) return;
		const waitMs = this.#failures === 0 ? this.#options.flushIntervalMs : this.#restMs();
		// A failure stands in health(); the next try is armed when this one has ended.
		this.#cancel = this.#options.clock.after(waitMs, () => void this.flush().catch(() => {}));
	}

	#disarm(): void {
		this.#cancel?.();
		this.#cancel = null;
	}
}

function take(from: Set<string>): string[] {
	const taken: string[] = [];
	for (const id of from) {
		if (taken.length === MAX_BATCH) break;
		taken.push(id);
		from.delete(id);
	}
	return taken;
}

function asStoreError(thrown: unknown, name: string): SessionError {
	if (thrown instanceof SessionError) return thrown;
	const { message } = asError(thrown);
	const code = codeOf(thrown);
	return new SessionError('SESSION_STORE_UNREACHABLE', `the store of sessions (${name}) failed: ${message}${code ? ` (${code})` : ''}; it is tried again`, {
		cause: thrown,
	});
}
