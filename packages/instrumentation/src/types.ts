import type { ConnectionState, StageName } from '@linkscope/core';

/**
 * What `getConnectionInstrumentationStats()` returns: plain data, fresh at each call, structured-cloneable and JSON-safe.
 * Times are ISO 8601 in UTC, durations milliseconds, sizes bytes on the application side (UTF-8 for text).
 * Text of peers (reasons, errors, labels, URLs) is escaped and cut; URLs are redacted.
 */
export interface ConnectionInstrumentationStats {
	generatedAt: string;
	/** E.g. 'RENDERER 1'; prefix of the live log. */
	label: string | null;
	/** Ever created since install or reset. */
	totalConnections: number;
	/** Live ones and the last ended ones, oldest first. */
	connections: ConnectionSnapshot[];
	/** Those neither CLOSED nor FAILED. */
	activeConnections: ConnectionSnapshot[];
	/** Newest first. */
	recentErrors: InstrumentedError[];
	/** Newest first. */
	recentEvents: TimelineEvent[];
	global: GlobalStats;
	transports: Record<string, TransportStats>;
	plugins: Record<string, PluginStats>;
	stages: Record<StageName, StageStats>;
	resources: ResourceStats;
	history: { intervalMs: number; samples: HistorySample[] };
	trends: Trends;
	/** Empty until alert rules exist. */
	alerts: Alert[];
	/** Browser: steps of the application's navigation, oldest first, with their traffic. */
	navigation: NavigationStep[];
	/** Connections that look forgotten, and listeners that pile up. */
	leaks: Leak[];
}

/** Counters only grow until a reset: what was once counted stays, where a socket turns out to be part of a connection too. */
export interface GlobalStats {
	totalConnections: number;
	activeConnections: number;
	closedConnections: number;
	failedConnections: number;
	/** 0 to 1, of finished connection attempts; 1 while none finished. */
	successRate: number;
	totalMessages: number;
	messagesSent: number;
	messagesReceived: number;
	totalBytes: number;
	bytesSent: number;
	bytesReceived: number;
	/** What the transports carried: messages, what plugins said themselves, framing. */
	wireBytesSent: number;
	wireBytesReceived: number;
	totalErrors: number;
	/** Bytes. */
	averageMessageSize: number;
	/** Round trip; null until something measured it. */
	averageLatency: number | null;
	latency: LatencyPercentiles | null;
	/** 10^6 bit/s in both directions, over the last 60 s, as are the rates below; over the time since the start, at least 1 s, where that is less. */
	throughputMbps: number;
	bytesPerSecond: number;
	messagesPerSecond: number;
	/** Before a minute has passed: those so far. */
	connectionsPerMinute: number;
	uptimeMs: number;
}

/** Milliseconds over the last samples; jitter is the mean difference between one sample and the next. */
export interface LatencyPercentiles {
	p50: number;
	p95: number;
	p99: number;
	jitter: number;
}

export interface ConnectionSnapshot {
	/** One value under three names; equals `Connection#id`. */
	id: string;
	connectionId: string;
	internalId: string;
	label: string | null;
	/** Without credentials, query values and fragment. Of an observed socket that this side accepted: what its peer asked for. */
	url: string;
	/** Address of the peer of an observed socket that this side accepted; null for one that was dialled. */
	from: string | null;
	/** 'websocket', 'memory', … */
	transport: string;
	/** observed: a foreign WebSocket seen by the patch. */
	role: 'initiator' | 'acceptor' | 'observed';
	purpose: Purpose;
	/** Coarse: CONNECTED once ACTIVE. */
	state: 'CONNECTING' | 'CONNECTED' | 'CLOSING' | 'CLOSED' | 'FAILED';
	currentState: ConnectionState;
	createdAt: string;
	/** Epoch milliseconds. */
	startTime: number;
	connectedAt: string | null;
	activeAt: string | null;
	closedAt: string | null;
	/** From CONNECTING to ACTIVE. */
	setupMs: number | null;
	/** From creation to the first message, either way. */
	timeToFirstMessageMs: number | null;
	/** The longest gap between messages since ACTIVE. */
	longestSilenceMs: number | null;
	/** Since the last message; null when ended. */
	idleMs: number | null;
	messageCount: number;
	messagesSent: number;
	messagesReceived: number;
	bytesSent: number;
	bytesReceived: number;
	/** What the transport carried. */
	wireBytesSent: number;
	wireBytesReceived: number;
	bufferedBytes: number;
	maxBufferedBytes: number;
	/** Mean round trip of the last samples. */
	latency: number | null;
	latencyPercentiles: LatencyPercentiles | null;
	/** Wire side first; the transport's slot is the first. */
	plugins: PluginSnapshot[];
	stages: StageSnapshot[];
	/** Fingerprint of the authenticated identity, or 'unverified'. */
	peer: string | null;
	link: { id: string; generation: number; replaces: string | null } | null;
	tags: Record<string, string>;
	path: { kind: string; candidatesTried: number; upgradedFrom: string | null } | null;
	close: CloseSnapshot | null;
	errors: number;
}

/** What a connection is for, judged by its traffic (docs/verdicts.md#purpose). */
export type Purpose = 'control' | 'data' | 'discovery' | 'unknown';

export interface PluginSnapshot {
	name: string;
	messagesIn: number;
	messagesOut: number;
	bytesIn: number;
	bytesOut: number;
	/** Sampled; null in browsers, whose clocks are too coarse for it. */
	nsPerMessage: number | null;
	/** What the plugin last said of itself. */
	note: string | null;
}

export interface StageSnapshot {
	name: StageName;
	startedAt: string;
	durationMs: number;
	/** Frames that went over the wire meanwhile. */
	messages: number;
	budgetMs: number | null;
	overBudget: boolean;
	outcome: 'ok' | 'failed' | 'aborted';
}

export interface CloseSnapshot {
	code: number;
	reason: string;
	wasClean: boolean;
	initiatedBy: 'local' | 'remote' | 'network';
	verdict: CloseVerdict;
}

/** Why a connection ended, in one word (docs/verdicts.md). */
export interface CloseVerdict {
	word: VerdictWord;
	/** 0 to 1. */
	confidence: number;
	/** What it was read from, e.g. 'reason text', 'code 1009'. */
	evidence: string;
}

export type VerdictWord =
	| 'normal'
	| 'replaced'
	| 'duplicate'
	| 'route-stopped'
	| 'refused'
	| 'auth-refused'
	| 'invite-refused'
	| 'not-registered'
	| 'timeout'
	| 'rate-limited'
	| 'quota'
	| 'slow-reader'
	| 'heartbeat-timeout'
	| 'offline'
	| 'suspended'
	| 'server-shutdown'
	| 'message-too-big'
	| 'protocol-error'
	| 'decrypt-failed'
	| 'truncated'
	| 'connection-lost'
	| 'unknown';

export interface InstrumentedError {
	type: 'connection' | 'protocol' | 'auth' | 'encryption' | 'pairing' | 'plugin' | 'application';
	severity: 'low' | 'medium' | 'high' | 'critical';
	/** Begins with 'auth: ' or 'pairing: ' where it is of that type. */
	error: string;
	code: string | null;
	timestamp: string;
	connectionId: string | null;
	context: Record<string, string | number | boolean>;
}

export interface TimelineEvent {
	timestamp: string;
	category: 'lifecycle' | 'security' | 'plugin' | 'navigation' | 'network';
	connectionId: string | null;
	/** 'created', 'state', 'connected', 'closed', 'error', 'stage', 'latency', … */
	event: string;
	detail: string;
}

/** What `onConnectionEvent` delivers: the timeline as it happens, and messages too. */
export interface ConnectionEvent {
	/** Epoch milliseconds. */
	readonly time: number;
	readonly category: TimelineEvent['category'] | 'message';
	readonly connectionId: string | null;
	/** For messages 'sent' or 'received'. */
	readonly event: string;
	/** For messages their size, shape or text, as the payload mode allows. */
	readonly detail: string;
	readonly url: string;
	readonly transport: string;
}

export interface TransportStats {
	connections: number;
	active: number;
	/** Connections whose dialling ended, well or badly. */
	attempts: number;
	/** Ended FAILED, at any time. */
	failures: number;
	/** 0 to 1, of attempts; 1 while there were none. */
	successRate: number;
	messagesSent: number;
	messagesReceived: number;
	bytesSent: number;
	bytesReceived: number;
	/** What the transport carried. */
	wireBytesSent: number;
	wireBytesReceived: number;
	latency: LatencyPercentiles | null;
	/** Connections that moved to a better path. */
	upgrades: number;
}

export interface PluginStats {
	/** Connections it served. */
	connections: number;
	messagesIn: number;
	messagesOut: number;
	bytesIn: number;
	bytesOut: number;
	/** Mean, weighted by messages; null until sampled. */
	nsPerMessage: number | null;
}

export interface StageStats {
	count: number;
	/** Milliseconds, over the last samples; null while count is 0. */
	p50: number | null;
	p95: number | null;
	p99: number | null;
	budgetMs: number | null;
	overruns: number;
}

export interface ResourceStats {
	/** Resident memory of the process; in browsers the heap, where the engine tells. */
	memoryBytes: number | null;
	/** Of one core, since the last sample. */
	cpuPercent: number | null;
	/** How late the sampling timer last fired. */
	eventLoopLagMs: number | null;
	instrumentation: InstrumentationCost;
}

/** What the instrumentation itself costs, and what it had to leave out. */
export interface InstrumentationCost {
	/** Sampled; 0 until it was. */
	nsPerMessage: number;
	/** Estimated. */
	retainedBytes: number;
	/** True once detail was lost to a limit or an observer failed. */
	degraded: boolean;
	dropped: Dropped;
}

/** What the limits cost: counted, no longer shown. */
export interface Dropped {
	/** Counted in totalConnections only, because `limits.live` connections were open: that sum is active + closed + failed + these. */
	connections: number;
	/** Ended connections no longer listed. */
	closed: number;
	/** Errors no longer listed. Those of a connection without a record are not counted at all. */
	errors: number;
	events: number;
	/** Kinds of transports and plugins beyond the first 64; they count as 'other'. */
	names: number;
	/** Observers of events and log sinks that threw or rejected and were taken out. */
	observers: number;
	/** Events that could not be recorded, because something in them or around them threw. */
	faults: number;
}

export interface HistorySample {
	at: string;
	activeConnections: number;
	totalConnections: number;
	messagesPerSecond: number;
	bytesPerSecond: number;
	/** In this interval. */
	errors: number;
	/** Mean round trip in this interval. */
	latency: number | null;
}

export interface Trends {
	latency: 'IMPROVING' | 'STABLE' | 'DEGRADING';
	connections: 'GROWING' | 'STABLE' | 'DECLINING';
	errors: 'IMPROVING' | 'STABLE' | 'WORSENING';
	throughput: 'GROWING' | 'STABLE' | 'DECLINING';
}

export interface Alert {
	type: string;
	severity: InstrumentedError['severity'];
	message: string;
	timestamp: string;
}

export interface NavigationStep {
	path: string;
	at: string;
	connectionsOpened: number;
	messagesSent: number;
	messagesReceived: number;
	bytes: number;
}

export interface Leak {
	/** never-closed: open and silent for longer than `leakAfterMs`. listeners: 16 or more on one event. */
	kind: 'never-closed' | 'listeners';
	connectionId: string;
	detail: string;
	/** Where the connection was created; only with `creationStacks`. */
	stack: string | null;
}
