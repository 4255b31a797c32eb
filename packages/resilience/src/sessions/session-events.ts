import type { ConnectionQuality } from '../retry/adaptive.js';
import type { SessionState, SessionStatus } from './session-state.js';

/** What happens, by the names of seeds/003. `session` is a copy as it stood right after. */
export type SessionEvent =
	| { readonly type: 'connection.registered'; readonly session: SessionState /** It had been here before. */; readonly isReturning: boolean }
	| {
			readonly type: 'connection.disconnected';
			readonly session: SessionState /** 'heartbeats-missed', or what the application gave. */;
			readonly reason: string;
	  }
	| { readonly type: 'connection.quality.changed'; readonly session: SessionState; readonly from: ConnectionQuality; readonly to: ConnectionQuality }
	| { readonly type: 'connection.status.changed'; readonly session: SessionState; readonly from: SessionStatus; readonly to: SessionStatus }
	| { readonly type: 'connection.removed'; readonly session: SessionState; readonly reason: 'stale' | 'removed' }
	| { readonly type: 'retry.attempt'; readonly session: SessionState; readonly attempt: number; readonly waitedMs: number }
	| { readonly type: 'retry.success'; readonly session: SessionState; readonly attempt: number }
	| { readonly type: 'retry.failed'; readonly session: SessionState; readonly attempt: number; readonly error: Error }
	| { readonly type: 'retry.exhausted'; readonly session: SessionState; readonly attempts: number };
