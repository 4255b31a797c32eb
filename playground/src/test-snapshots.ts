import type { ConnectionSnapshot } from 'linkscope';

/** Connections c1, c2, … as the registry lists them, oldest first. */
export function snapshots(length: number, more: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot[] {
	return Array.from({ length }, (_, index) => snapshot(`c${index + 1}`, more));
}

function snapshot(id: string, more: Partial<ConnectionSnapshot>): ConnectionSnapshot {
	return {
		id,
		connectionId: id,
		internalId: id,
		label: null,
		url: 'ws://127.0.0.1/ws',
		from: null,
		transport: 'websocket',
		role: 'observed',
		purpose: 'unknown',
		state: 'CONNECTED',
		currentState: 'ACTIVE',
		createdAt: '2026-01-01T00:00:00.000Z',
		startTime: 0,
		connectedAt: null,
		activeAt: null,
		closedAt: null,
		setupMs: null,
		timeToFirstMessageMs: null,
		longestSilenceMs: null,
		idleMs: null,
		messageCount: 0,
		messagesSent: 0,
		messagesReceived: 0,
		bytesSent: 0,
		bytesReceived: 0,
		wireBytesSent: 0,
		wireBytesReceived: 0,
		bufferedBytes: 0,
		maxBufferedBytes: 0,
		latency: null,
		latencyPercentiles: null,
		plugins: [],
		stages: [],
		peer: null,
		link: null,
		tags: {},
		path: null,
		close: null,
		errors: 0,
		...more,
	};
}
