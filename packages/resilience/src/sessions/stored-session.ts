import { CONNECTION_QUALITIES, SESSION_STATUSES, type SessionState } from './session-state.js';

const MAX_EPOCH = 8.64e15;

/** @returns null for what no manager has written, or what was spoiled since: a store may be edited by hand. */
export function readStoredSession(stored: unknown): SessionState | null {
	if (typeof stored !== 'object' || stored === null) return null;
	const from = stored as Record<string, unknown>;
	const connectedAt = asDate(from.connectedAt);
	const lastHeartbeat = asDate(from.lastHeartbeat);
	const disconnectedAt = from.disconnectedAt == null ? undefined : asDate(from.disconnectedAt);
	const isSound =
		typeof from.sessionId === 'string' &&
		from.sessionId.length > 0 &&
		(from.userId == null || typeof from.userId === 'string') &&
		typeof from.organizationId === 'string' &&
		typeof from.clientType === 'string' &&
		isOneOf(SESSION_STATUSES, from.status) &&
		isOneOf(CONNECTION_QUALITIES, from.connectionQuality) &&
		[from.reconnectAttempts, from.maxReconnectAttempts, from.missedHeartbeats, from.totalDisconnections].every(isCount) &&
		typeof from.latency === 'number' &&
		from.latency >= 0 &&
		connectedAt !== null &&
		lastHeartbeat !== null &&
		disconnectedAt !== null &&
		(from.metadata == null || (typeof from.metadata === 'object' && !Array.isArray(from.metadata)));
	if (!isSound) return null;
	return {
		...(from as unknown as SessionState),
		userId: (from.userId as string | null) ?? undefined,
		connectedAt,
		lastHeartbeat,
		disconnectedAt,
		metadata: (from.metadata as SessionState['metadata'] | null) ?? undefined,
	};
}

function isOneOf(names: readonly string[], value: unknown): boolean {
	return typeof value === 'string' && names.includes(value);
}

function isCount(value: unknown): boolean {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function asDate(value: unknown): Date | null {
	if (!(value instanceof Date || typeof value === 'string' || typeof value === 'number')) return null;
	const date = new Date(value);
	return Math.abs(date.getTime()) <= MAX_EPOCH ? date : null;
}
