/** Columns in the order of all statements: of the table, of SessionState, type. */
const COLUMNS = [
	['session_id', 'sessionId', 'text'],
	['user_id', 'userId', 'text'],
	['organization_id', 'organizationId', 'text'],
	['status', 'status', 'text'],
	['client_type', 'clientType', 'text'],
	['connected_at', 'connectedAt', 'timestamptz'],
	['last_heartbeat', 'lastHeartbeat', 'timestamptz'],
	['disconnected_at', 'disconnectedAt', 'timestamptz'],
	['reconnect_attempts', 'reconnectAttempts', 'integer'],
	['max_reconnect_attempts', 'maxReconnectAttempts', 'integer'],
	['connection_quality', 'connectionQuality', 'text'],
	['latency', 'latency', 'double precision'],
	['missed_heartbeats', 'missedHeartbeats', 'integer'],
	['total_disconnections', 'totalDisconnections', 'integer'],
	// Text, not jsonb: it comes back as it was, and may hold what jsonb refuses.
	['metadata', 'metadata', 'text'],
] as const;

const OPTIONAL: readonly string[] = ['user_id', 'disconnected_at', 'metadata'];
/** Any number that nobody else takes: nodes that start together make the table one after the other. */
const LOCK = 7_346_521;

const list = (each: (column: (typeof COLUMNS)[number]) => string): string => COLUMNS.map(each).join(', ');

/** One schema for PGlite and Postgres. `node`: which manager's session it is. */
export const CREATE = `
	BEGIN;
	SELECT pg_advisory_xact_lock(${LOCK});
	CREATE TABLE IF NOT EXISTS linkscope_sessions (
		${list(([name, , type]) => `${name} ${type}${name === 'session_id' ? ' PRIMARY KEY' : OPTIONAL.includes(name) ? '' : ' NOT NULL'}`)},
		node text NOT NULL
	);
	CREATE INDEX IF NOT EXISTS linkscope_sessions_by_node ON linkscope_sessions (node);
	COMMIT`;

/** $1: node. */
export const LOAD = `SELECT ${list(([name, key]) => `${name} AS "${key}"`)} FROM linkscope_sessions WHERE node = $1`;

/**
 * $1: array of sessions as JSON, $2: node. One statement, whatever their number.
 * A session that has moved to another node stays there: this node's late news of it is older.
 */
export const PUT = `
	INSERT INTO linkscope_sessions AS kept (${list(([name]) => name)}, node)
	SELECT ${list(([, key]) => `"${key}"`)}, $2 FROM jsonb_to_recordset($1::jsonb) AS put (${list(([, key, type]) => `"${key}" ${type}`)})
	ON CONFLICT (session_id) DO UPDATE SET ${list(([name]) => `${name} = excluded.${name}`)}, node = excluded.node
	WHERE kept.node = excluded.node OR kept.last_heartbeat <= excluded.last_heartbeat`;

/** $1: array of ids as JSON, $2: node. */
export const REMOVE = 'DELETE FROM linkscope_sessions WHERE node = $2 AND session_id IN (SELECT jsonb_array_elements_text($1::jsonb))';
