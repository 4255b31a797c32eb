import { Named } from './named.js';
import { countsOf, type PluginRecord } from './record.js';
import type { PluginStats } from './types.js';

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
export class PluginTotals extends Named<Sum> {
	constructor() {
		super(() => ({ connections: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, ns: 0, timed: 0 }));
	}

	add(plugin: PluginRecord): void {
		const { messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage } = countsOf(plugin);
		const sum = this.of(plugin.name);
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
		for (const [name, sum] of this.entries()) Object.assign(copy.of(name), sum);
		return copy;
	}

	stats(): Record<string, PluginStats> {
		return Object.fromEntries(
			this.entries().map(([name, { ns, timed, ...sum }]) => [name, { ...sum, nsPerMessage: timed > 0 ? Math.round(ns / timed) : null }]),
		);
	}
}
