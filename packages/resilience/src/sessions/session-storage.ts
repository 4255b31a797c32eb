import type { SessionState } from './session-state.js';

/** What has changed since the last write: of every session its newest state alone. No session is in both. */
export interface SessionBatch {
	readonly put: readonly SessionState[];
	readonly remove: readonly string[];
}

/**
 * Where sessions outlive their process. What throws is tried again: a write that came half through may come again, so it must bear that.
 * @throws SessionError SESSION_STORE_UNREACHABLE, SESSION_STORE_CORRUPT or SESSION_STORE_PACKAGE_MISSING
 */
export interface SessionStorage {
	/** For health(), without credentials: 'postgres db.example/app'. */
	readonly name: string;
	/** All that is kept, each in the shape of SessionState with times as Date or as Date takes them; what is broken in it is the caller's to find. */
	load(): Promise<readonly unknown[]>;
	write(batch: SessionBatch): Promise<void>;
	close(): Promise<void>;
}

/** Keeps sessions as long as this object lives: for tests, and to hand them from one manager to the next. */
export function memorySessionStorage(): SessionStorage {
	const kept = new Map<string, SessionState>();
	return {
		name: 'memory',
		load: async () => [...kept.values()],
		async write({ put, remove }) {
			for (const session of put) kept.set(session.sessionId, session);
			for (const id of remove) kept.delete(id);
		},
		async close() {},
	};
}
