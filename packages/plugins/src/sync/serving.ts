import { asError } from '@linkscope/core';
import { type AnnouncedBatch, type Batches, readFrom } from './batches.js';
import type { ObjectSource } from './object-store.js';
import type { Sender } from './sender.js';
import { type Announced, announcement, malformed, outOfOrder, type SyncAck, type SyncComplete, sumOfSizes } from './sync-messages.js';

export interface ServingContext {
	readonly sender: Sender;
	sources(): readonly ObjectSource[];
	/** For this side's instrumentation; the peer hears only that it failed. */
	failed(error: Error): void;
	/** Once, unless the connection ends before. @param code why, where it did not end well. */
	over(code: string | null): void;
}

/** Answers one request of the peer. */
export class Serving {
	#isOver = false;
	readonly #number: number;
	readonly #batches: Batches;
	readonly #context: ServingContext;
	/** The batch the peer has not answered yet. */
	#open: AnnouncedBatch | null = null;
	#announced = 0;
	#received = 0;
	#completed = false;
	#totalObjects = 0;
	#totalBytes = 0;

	constructor(context: ServingContext, number: number, batches: Batches) {
		this.#context = context;
		this.#number = number;
		this.#batches = batches;
	}

	/** Apart from the constructor, because a connection may end while something is sent. */
	start(): void {
		this.#proceed([], 0);
	}

	/** @throws PluginError MALFORMED_FRAME, PROTOCOL_ORDER. */
	acknowledged({ received, next_batch, wanted = '', from = 0 }: SyncAck): void {
		if (this.#isOver) return;
		const asked = this.#open === null ? this.#announced : this.#announced - 1;
		if (received < this.#received || received > asked) throw outOfOrder('an acknowledgement of batches that it cannot have');
		this.#received = received;
		if (next_batch === undefined) {
			if (!this.#completed || received !== this.#announced) throw outOfOrder('a last acknowledgement before the last batch');
			return this.#end(null);
		}
		if (this.#open === null || next_batch !== this.#announced) throw outOfOrder('an answer to a batch that was not announced');
		const { announced } = this.#open;
		if (wanted.length !== announced.length || !/^[01]*$/.test(wanted)) throw malformed('an answer that does not fit its batch');
		const chosen = announced.filter((_, i) => wanted[i] === '1');
		if (from > 0 && !(from < (chosen[0]?.size ?? 0))) throw malformed('an object to go on with behind its end');
		this.#open = null;
		this.#proceed(chosen, from);
	}

	/** The peer wants no more. It is told that nothing follows, unless it has been told; its number is taken until then. */
	abort(): void {
		if (this.#isOver) return;
		if (this.#completed) return this.#end('SYNC_ABORTED');
		this.#isOver = true;
		this.#context.sender.enqueue(async () => {
			this.#complete('aborted');
			this.#end('SYNC_ABORTED');
		});
	}

	/** The connection ended. */
	drop(): void {
		this.#isOver = true;
	}

	/** Announces what comes next, and sends what was chosen behind that: so the peer chooses while it receives. */
	#proceed(chosen: readonly Announced[], from: number): void {
		this.#context.sender.enqueue(async () => {
			try {
				if (this.#isOver) return;
				const next = await this.#batches.next();
				if (this.#isOver) return;
				if (next) this.#announce(next);
				await this.#sendObjects(chosen, from);
				if (next || this.#isOver) return;
				this.#complete('complete');
				// There is nothing to acknowledge then.
				if (this.#announced === 0) this.#end(null);
			} catch (error) {
				this.#fail(asError(error));
			}
		});
	}

	#announce(batch: AnnouncedBatch): void {
		this.#open = batch;
		this.#announced++;
		this.#totalObjects += batch.announced.length;
		this.#totalBytes += sumOfSizes(batch.announced);
		this.#context.sender.send(announcement(this.#number, this.#announced, batch.announced, batch.cursor));
	}

	async #sendObjects(objects: readonly Announced[], from: number): Promise<void> {
		let skip = from;
		for (const object of objects) {
			const bytes = await readFrom(this.#context.sources(), object);
			if (this.#isOver) return;
			await this.#context.sender.sendBytes(this.#number, bytes.subarray(skip));
			if (this.#isOver) return;
			skip = 0;
		}
		this.#context.sender.flush();
	}

	#fail(error: Error): void {
		if (this.#isOver) return;
		this.#complete('failed');
		this.#context.failed(error);
		this.#end('SYNC_STORE_FAILED');
	}

	#end(code: string | null): void {
		this.#isOver = true;
		this.#context.over(code);
	}

	#complete(status: SyncComplete['status']): void {
		this.#completed = true;
		this.#context.sender.send({ type: 'sync_complete', sync: this.#number, status, total_objects: this.#totalObjects, total_bytes: this.#totalBytes });
	}
}
