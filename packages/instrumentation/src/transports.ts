import type { Samples } from './samples.js';

/** Traffic of all connections over one kind of transport. */
export class TransportTotals {
	readonly counts = {
		connections: 0,
		/** Dialled well. */
		opened: 0,
		/** Dialled in vain: FAILED before ACTIVE. */
		refused: 0,
		failures: 0,
		closed: 0,
		messagesSent: 0,
		messagesReceived: 0,
		bytesSent: 0,
		bytesReceived: 0,
		upgrades: 0,
	};
	latency: Samples | null = null;

	constructor(readonly kind: string) {}
}

type Counts = TransportTotals['counts'];

export interface Sums extends Counts {
	messages: number;
	bytes: number;
}

export const TRAFFIC = ['messagesSent', 'messagesReceived', 'bytesSent', 'bytesReceived'] as const;
const MAX_KINDS = 64;

/** The sums of every kind of transport, and over all of them. */
export class Transports {
	droppedNames = 0;
	readonly #kinds = new Map<string, TransportTotals>();

	of(name: string): TransportTotals {
		const isNew = !this.#kinds.has(name);
		const kind = isNew && this.#kinds.size >= MAX_KINDS ? 'other' : name;
		if (kind !== name) this.droppedNames++;
		const totals = this.#kinds.get(kind) ?? new TransportTotals(kind);
		this.#kinds.set(kind, totals);
		return totals;
	}

	all(): TransportTotals[] {
		return [...this.#kinds.values()];
	}

	/** Over all kinds. */
	sum(): Sums {
		const sum = new TransportTotals('').counts;
		for (const { counts } of this.#kinds.values()) for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
		return { ...sum, messages: sum.messagesSent + sum.messagesReceived, bytes: sum.bytesSent + sum.bytesReceived };
	}
}
