import type { ConnectionRecord } from './record.js';
import { Ring } from './ring.js';
import type { Settings } from './settings.js';
import { iso } from './time.js';
import type { ConnectionEvent, TimelineEvent } from './types.js';
import type { Watchers } from './watchers.js';

/** What happened, for whoever asks later and for whoever watches. */
export class Timeline {
	/** True while someone watches: messages are told only then. */
	watched = false;
	/** Come with the first who watches. */
	watchers: Watchers | null = null;
	droppedObservers = 0;
	#past = new Ring<ConnectionEvent>();

	constructor(public settings: Settings) {}

	get size(): number {
		return this.#past.items.length;
	}

	get dropped(): number {
		return this.#past.dropped;
	}

	add(category: TimelineEvent['category'], record: ConnectionRecord | undefined, event: string, detail: string, time: number): void {
		const told = eventOf(category, record, event, detail, time);
		this.#past.push(told, this.settings.limits.events);
		if (this.watched) this.watchers?.tell(told);
	}

	clear(): void {
		this.#past = new Ring();
		this.droppedObservers = 0;
	}

	/** Newest first. */
	stats(): TimelineEvent[] {
		return this.#past.items
			.map(({ time, category, connectionId, event, detail }) => ({ timestamp: iso(time), category, connectionId, event, detail }) as TimelineEvent)
			.reverse();
	}
}

export function eventOf(
	category: ConnectionEvent['category'],
	record: ConnectionRecord | undefined,
	event: string,
	detail: string,
	time: number,
): ConnectionEvent {
	// Frozen: a watcher gets the very object that is kept.
	return Object.freeze({ time, category, connectionId: record?.id ?? null, event, detail, url: record?.url ?? '', transport: record?.transport ?? '' });
}
