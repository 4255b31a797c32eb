import type { Unsubscribe } from '@linkscope/core';
import type { ConnectionRecord } from './record.js';
import { eventOf, type Timeline } from './timeline.js';
import type { ConnectionEvent } from './types.js';

/** What it returns does not matter, but a promise of it may reject. */
type Watcher = (event: ConnectionEvent) => unknown;

interface Entry {
	readonly watcher: Watcher;
	/** While it is being told. */
	busy: boolean;
}

/** An event, what a watcher does about it, and no further: watchers that answer each other would never end. */
const DEEPEST = 2;

/** Has `watcher` told of every event as it happens, and of every message. */
export function watch(timeline: Timeline, watcher: Watcher): Unsubscribe {
	timeline.watchers ??= new Watchers(timeline);
	return timeline.watchers.add(watcher);
}

/** Those who watch a timeline. Whoever watches brings this along, so that `auto` does without. */
export class Watchers {
	readonly #timeline: Timeline;
	#entries: readonly Entry[] = [];
	#depth = 0;

	constructor(timeline: Timeline) {
		this.#timeline = timeline;
	}

	add(watcher: Watcher): Unsubscribe {
		const entry = { watcher, busy: false };
		this.#replace([...this.#entries, entry]);
		return () => this.#remove(entry);
	}

	tell(event: ConnectionEvent): void {
		if (this.#depth === DEEPEST) return;
		this.#depth++;
		for (const entry of this.#entries) {
			// A watcher that itself sends (a log that is shipped over a socket) does not hear of that; the others do.
			if (entry.busy || !this.#entries.includes(entry)) continue;
			entry.busy = true;
			// The observed application never notices: what throws or rejects is counted, and out with it.
			try {
				const result = entry.watcher(event) as PromiseLike<unknown> | undefined;
				if (typeof result?.then === 'function') result.then(undefined, () => this.#fail(entry));
			} catch {
				this.#fail(entry);
			}
			entry.busy = false;
		}
		this.#depth--;
	}

	/** @param about the size in bytes, or what a payload mode shows of it. */
	message(record: ConnectionRecord, direction: 'sent' | 'received', at: number, about: number | string): void {
		const detail = typeof about === 'string' ? about : this.#timeline.settings.sizes ? `${about} bytes` : '';
		this.tell(eventOf('message', record, direction, detail, record.epochOf(at)));
	}

	#fail(entry: Entry): void {
		// Many promises of one watcher may reject.
		if (this.#entries.includes(entry)) this.#timeline.droppedObservers++;
		this.#remove(entry);
	}

	#remove(entry: Entry): void {
		this.#replace(this.#entries.filter((other) => other !== entry));
	}

	#replace(entries: readonly Entry[]): void {
		this.#entries = entries;
		this.#timeline.watched = entries.length > 0;
	}
}
