import type { Registry } from './registry.js';
import { TRAFFIC } from './transports.js';

/** A registry goes on with the open connections of another, and counts their traffic from zero. */
export function takeOver(from: Registry, to: Registry): void {
	to.online = from.online;
	to.lastOrder = from.lastOrder;
	to.tapped = from.tapped;
	for (const [id, record] of from.live) {
		const totals = to.transports.of(record.transport);
		record.totals = totals;
		totals.counts.connections++;
		if (!Number.isNaN(record.activeAt)) totals.counts.opened++;
		for (const count of TRAFFIC) record[count] = 0;
		record.maxBufferedBytes = record.errors = 0;
		for (const plugin of record.plugins ?? []) plugin.before = { ...plugin.counters };
		to.live.set(id, record);
	}
	to.steps.goOn(from.steps);
}
