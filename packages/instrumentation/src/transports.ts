import type { Samples } from './samples.js';

/** Traffic of all connections over one kind of transport. */
export class TransportTotals {
	connections = 0;
	opened = 0;
	/** FAILED before ACTIVE. */
	refused = 0;
	failed = 0;
	closed = 0;
	messagesSent = 0;
	messagesReceived = 0;
	bytesSent = 0;
	bytesReceived = 0;
	upgrades = 0;
	latency: Samples | null = null;

	constructor(readonly kind: string) {}
}

export const TRAFFIC = ['messagesSent', 'messagesReceived', 'bytesSent', 'bytesReceived'] as const;
const COUNTS = ['opened', 'refused', 'failed', 'closed', ...TRAFFIC] as const;
const MAX_KINDS = 64;

/** The sums of every kind of transport, and over all of them. */
export class Transports {
	droppedNames = 0;
	private readonly kinds = new Map<string, TransportTotals>();

	of(name: string): TransportTotals {
		const isNew = !this.kinds.has(name);
		const kind = isNew && this.kinds.size >= MAX_KINDS ? 'other' : name;
		if (kind !== name) this.droppedNames++;
		const totals = this.kinds.get(kind) ?? new TransportTotals(kind);
		this.kinds.set(kind, totals);
		return totals;
	}

	all(): TransportTotals[] {
		return [...this.kinds.values()];
	}

	traffic(): Record<(typeof COUNTS)[number] | 'messages' | 'bytes', number> {
		const sum = { opened: 0, refused: 0, failed: 0, closed: 0, messagesSent: 0, messagesReceived: 0, bytesSent: 0, bytesReceived: 0 };
		for (const totals of this.kinds.values()) for (const count of COUNTS) sum[count] += totals[count];
		return { ...sum, messages: sum.messagesSent + sum.messagesReceived, bytes: sum.bytesSent + sum.bytesReceived };
	}
}
