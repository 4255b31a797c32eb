import { Named } from './named.js';
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
		wireBytesSent: 0,
		wireBytesReceived: 0,
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

/** Counted of every connection, and of its kind of transport. */
export const TRAFFIC = ['messagesSent', 'messagesReceived', 'bytesSent', 'bytesReceived', 'wireBytesSent', 'wireBytesReceived'] as const;

/** The sums of every kind of transport, and over all of them. */
export class Transports extends Named<TransportTotals> {
	readonly #most = new TransportTotals('').counts;

	constructor() {
		super((kind) => new TransportTotals(kind));
	}

	/** Over all kinds. What was once read never falls: where two connections that were told of turn out to be one, a total stands still until it is passed. */
	sum(): Sums {
		const sum = new TransportTotals('').counts;
		for (const name of Object.keys(sum) as (keyof Counts)[]) {
			for (const [, { counts }] of this.entries()) sum[name] += counts[name];
			sum[name] = this.#most[name] = Math.max(sum[name], this.#most[name]);
		}
		return { ...sum, messages: sum.messagesSent + sum.messagesReceived, bytes: sum.bytesSent + sum.bytesReceived };
	}
}
