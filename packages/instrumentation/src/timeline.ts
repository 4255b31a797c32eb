import type { Unsubscribe } from '@linkscope/core';
import type { ConnectionRecord } from './record.js';
import { Ring } from './ring.js';
import type { Settings } from './settings.js';
import { iso } from './time.js';
import type { ConnectionEvent, TimelineEvent } from './types.js';

/** What happened, for whoever asks later and for whoever watches. */
export class Timeline {
	/** True while someone watches: messages are told only then. */
	watched = false;
	droppedObservers = 0;
	#past = new Ring<ConnectionEvent>();
	#watchers: readonly ((event: ConnectionEvent) => void)[] = [];
	#telling = false;

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
		if (this.watched) this.#tell(told);
	}

	/** @param about the size in bytes, or what a payload mode shows of it. */
	message(record: ConnectionRecord, direction: 'sent' | 'received', at: number, about: number | string): void {
		const detail = typeof about === 'string' ? about : this.settings.sizes ? `${about} bytes` : '';
		this.#tell(eventOf('message', record, direction, detail, record.epochOf(at)));
	}

	clear(): void {
		this.#past = new Ring();
		this.droppedObservers = 0;
	}

	watch(watcher: (event: ConnectionEvent) => void): Unsubscribe {
		const entry = (event: ConnectionEvent): void => watcher(event);
		this.#watchers = [...this.#watchers, entry];
		this.watched = true;
		return () => this.#remove(entry);
	}

	/** Newest first. */
	stats(): TimelineEvent[] {
		return this.#past.items
			.map(({ time, category, connectionId, event, detail }) => ({ timestamp: iso(time), category, connectionId, event, detail }) as TimelineEvent)
			.reverse();
	}

	#tell(event: ConnectionEvent): void {
		// A watcher that itself sends (a log that is shipped over a socket) must not hear of that: it would never end.
		if (this.#telling) return;
		this.#telling = true;
		for (const watcher of this.#watchers) {
			try {
				watcher(event);
			} catch {
				// The observed application never notices: counted, and out with it.
				this.droppedObservers++;
				this.#remove(watcher);
			}
		}
		this.#telling = false;
	}

	#remove(entry: (event: ConnectionEvent) => void): void {
		this.#watchers = this.#watchers.filter((other) => other !== entry);
		this.watched = this.#watchers.length > 0;
	}
}

function eventOf(category: ConnectionEvent['category'], record: ConnectionRecord | undefined, event: string, detail: string, time: number): ConnectionEvent {
	// Frozen: a watcher gets the very object that is kept.
	return Object.freeze({ time, category, connectionId: record?.id ?? null, event, detail, url: record?.url ?? '', transport: record?.transport ?? '' });
}
