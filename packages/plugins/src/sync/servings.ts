import type { Unsubscribe } from '@linkscope/core';
import { Batches } from './batches.js';
import type { InitialSync } from './initial-sync.js';
import type { ObjectSource, ObjectStore } from './object-store.js';
import type { Sender } from './sender.js';
import { Serving, type ServingContext } from './serving.js';
import { MAX_SYNCS, outOfOrder, type SyncAck, type SyncRequest } from './sync-messages.js';

/** What the peer asks of this side. */
export class Servings {
	readonly #store: ObjectStore;
	readonly #sender: Sender;
	readonly #initial: InitialSync;
	readonly #failed: (error: Error) => void;
	/** Beside the store, for objects asked for by name. */
	readonly #sources = new Set<ObjectSource>();
	readonly #underWay = new Map<number, Serving>();
	#last = 0;

	/** @param failed for this side's instrumentation. */
	constructor(store: ObjectStore, sender: Sender, initial: InitialSync, failed: (error: Error) => void) {
		this.#store = store;
		this.#sender = sender;
		this.#initial = initial;
		this.#failed = failed;
	}

	add(source: ObjectSource): Unsubscribe {
		this.#sources.add(source);
		return () => this.#sources.delete(source);
	}

	/** @throws PluginError PROTOCOL_ORDER. */
	request({ sync, last_sync, objects }: SyncRequest): void {
		if (sync !== this.#last + 1) throw outOfOrder('a request out of turn');
		if (this.#underWay.size >= MAX_SYNCS) throw outOfOrder(`more than ${MAX_SYNCS} requests at a time`);
		this.#last = sync;
		if (!objects) this.#initial.begin();
		const batches = objects ? Batches.named(this.#all(), objects) : Batches.since(this.#store, last_sync ?? null);
		const serving = new Serving(this.#contextOf(sync, !objects), sync, batches);
		this.#underWay.set(sync, serving);
		serving.start();
	}

	/** @throws PluginError MALFORMED_FRAME, PROTOCOL_ORDER. */
	acknowledged(message: SyncAck): void {
		this.#find(message.sync)?.acknowledged(message);
	}

	/** @throws PluginError PROTOCOL_ORDER. */
	aborted(sync: number): void {
		this.#find(sync)?.abort();
	}

	/** The connection ended. */
	end(): void {
		for (const serving of this.#underWay.values()) serving.drop();
		this.#underWay.clear();
		this.#sources.clear();
	}

	/** Undefined: it has ended while the message was on its way. */
	#find(sync: number): Serving | undefined {
		if (sync > this.#last) throw outOfOrder('a message of a synchronisation that was never begun');
		return this.#underWay.get(sync);
	}

	#all(): readonly ObjectSource[] {
		return [this.#store, ...this.#sources];
	}

	#contextOf(sync: number, isInitial: boolean): ServingContext {
		return {
			sender: this.#sender,
			sources: () => this.#all(),
			failed: this.#failed,
			over: (code) => {
				this.#underWay.delete(sync);
				if (isInitial) this.#initial.end(code);
			},
		};
	}
}
