import type { PluginRecord } from './record.js';
import type { PluginStats } from './types.js';

const MAX_NAMES = 64;

interface Sum {
	connections: number;
	messagesIn: number;
	messagesOut: number;
	bytesIn: number;
	bytesOut: number;
	/** Nanoseconds times messages, and the messages that were timed. */
	ns: number;
	timed: number;
}

/** Traffic of plugins, by name. */
export class PluginTotals {
	droppedNames = 0;
	#sums = new Map<string, Sum>();

	add({ name, counters }: PluginRecord): void {
		let key = name;
		if (!this.#sums.has(key) && this.#sums.size >= MAX_NAMES) {
			this.droppedNames++;
			key = 'other';
		}
		const sum = this.#sums.get(key) ?? { connections: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, ns: 0, timed: 0 };
		this.#sums.set(key, sum);
		const { messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage } = counters;
		sum.connections++;
		sum.messagesIn += messagesIn;
		sum.messagesOut += messagesOut;
		sum.bytesIn += bytesIn;
		sum.bytesOut += bytesOut;
		if (nsPerMessage === null) return;
		sum.ns += nsPerMessage * (messagesIn + messagesOut);
		sum.timed += messagesIn + messagesOut;
	}

	/** A copy to add those that still run to. */
	copy(): PluginTotals {
		const copy = new PluginTotals();
		for (const [name, sum] of this.#sums) copy.#sums.set(name, { ...sum });
		return copy;
	}

	stats(): Record<string, PluginStats> {
		return Object.fromEntries(
			[...this.#sums].map(([name, { ns, timed, ...sum }]) => [name, { ...sum, nsPerMessage: timed > 0 ? Math.round(ns / timed) : null }]),
		);
	}
}
