import type { Unsubscribe } from '@linkscope/core';
import type { ConnectionRecord } from './record.js';
import { eventOf, type Timeline } from './timeline.js';
import type { ConnectionEvent } from './types.js';

type Watcher = (event: ConnectionEvent) => void;

/** Has `watcher` told of every event as it happens, and of every message. */
export function watch(timeline: Timeline, watcher: Watcher): Unsubscribe {
	timeline.watchers ??= new Watchers(timeline);
	return timeline.watchers.add(watcher);
}

/** Those who watch a timeline. Whoever watches brings this along, so that `auto` does without. */
export class Watchers {
	readonly #timeline: Timeline;
	#entries: readonly Watcher[] = [];
	#telling = false;

	constructor(timeline: Timeline) {
		this.#timeline = timeline;
	}

	add(watcher: Watcher): Unsubscribe {
		const entry: Watcher = (event) => watcher(event);
		this.#replace([...this.#entries, entry]);
		return () => this.#remove(entry);
	}

	tell(event: ConnectionEvent): void {
		// A watcher that itself sends (a log that is shipped over a socket) must not hear of that: it would never end.
		if (this.#telling) return;
		this.#telling = true;
		for (const watcher of this.#entries) {
			try {
				watcher(event);
			} catch {
				// The observed application never notices: counted, and out with it.
				this.#timeline.droppedObservers++;
				this.#remove(watcher);
			}
		}
		this.#telling = false;
	}

	/** @param about the size in bytes, or what a payload mode shows of it. */
	message(record: ConnectionRecord, direction: 'sent' | 'received', at: number, about: number | string): void {
		const detail = typeof about === 'string' ? about : this.#timeline.settings.sizes ? `${about} bytes` : '';
		this.tell(eventOf('message', record, direction, detail, record.epochOf(at)));
	}

	#remove(entry: Watcher): void {
		this.#replace(this.#entries.filter((other) => other !== entry));
	}

	#replace(entries: readonly Watcher[]): void {
		this.#entries = entries;
		this.#timeline.watched = entries.length > 0;
	}
}
