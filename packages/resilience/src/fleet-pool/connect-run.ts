import { type Clock, Queue } from '@linkscope/core';
import { AbortableAttempt, type LazyAttempt } from '../policies/lazy-attempt.js';
import { wait } from '../retry/wait.js';
import type { PoolProgress, PoolResult } from './pool-events.js';

export interface ConnectRunOptions<N, C> {
	readonly nodes: readonly N[];
	/** Its abort gives up what is not done. */
	readonly caller: LazyAttempt;
	/** Its abort ends the pauses between the batches: `reach` begins nothing more. */
	readonly ending: LazyAttempt;
	readonly clock: Clock;
	readonly batchSize: number;
	readonly batchPauseMs: number;
	/** Never rejects. Calls `begun` when the first try begins, or there is none. */
	readonly reach: (node: N, caller: LazyAttempt, begun: () => void) => Promise<PoolResult<N, C>>;
	readonly onBatch: (batch: number, nodes: number) => void;
	readonly onProgress: (progress: PoolProgress) => void;
}

/**
 * The nodes of one `connectAll()`, batch by batch. Its results come as they are known, in `for await`, whoever reads them and however
 * slowly; who leaves the loop gives up what is not done.
 */
export class ConnectRun<N, C> implements AsyncIterable<PoolResult<N, C>> {
	/** Resolves when all results are known. */
	readonly done: Promise<PoolProgress>;
	readonly #options: ConnectRunOptions<N, C>;
	readonly #attempt: AbortableAttempt;
	readonly #pauses: AbortableAttempt;
	// At most one for each node that was given.
	readonly #unread = new Queue<PoolResult<N, C>>();
	readonly #counts = { connected: 0, failed: 0, skipped: 0, aborted: 0 };
	#isDone = false;
	/** Readers, by what wakes them. */
	readonly #waiting: (() => void)[] = [];

	constructor(options: ConnectRunOptions<N, C>) {
		this.#options = options;
		this.#attempt = new AbortableAttempt(1, options.caller);
		this.#pauses = new AbortableAttempt(1, this.#attempt);
		if (options.caller.ended) this.abort(options.caller.ended.reason);
		this.done = this.#feed();
	}

	get progress(): PoolProgress {
		const { connected, failed, skipped, aborted } = this.#counts;
		const total = this.#options.nodes.length;
		return { total, connected, failed, skipped, aborted, pending: total - connected - failed - skipped - aborted };
	}

	/** Gives up what is not done. */
	abort(reason?: unknown): void {
		this.#attempt.abort(reason);
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<PoolResult<N, C>, void, void> {
		try {
			for (;;) {
				const result = this.#unread.shift();
				if (result) yield result;
				else if (this.#isDone) return;
				else await new Promise<void>((resolve) => this.#waiting.push(resolve));
			}
		} finally {
			this.abort(new Error('nobody reads the results any more'));
		}
	}

	async #feed(): Promise<PoolProgress> {
		const { nodes, batchSize } = this.#options;
		// In a turn of its own: by then the caller can listen.
		await undefined;
		const reached: Promise<void>[] = [];
		const stopListening = this.#options.ending.onAbort((reason) => this.#pauses.abort(reason));
		for (let first = 0; first < nodes.length; first += batchSize) await this.#batch(first, reached);
		await Promise.all(reached);
		stopListening();
		this.#attempt.leave();
		this.#isDone = true;
		this.#tellReaders();
		return this.progress;
	}

	/** Ends when all its nodes had their first try, and the pause is over. */
	async #batch(first: number, reached: Promise<void>[]): Promise<void> {
		const { nodes, batchSize, batchPauseMs, clock, onBatch } = this.#options;
		const batch = nodes.slice(first, first + batchSize);
		const endMs = clock.now() + batchPauseMs;
		if (!this.#pauses.ended) onBatch(first / batchSize + 1, batch.length);
		await Promise.all(batch.map((node) => new Promise<void>((begun) => reached.push(this.#reach(node, begun)))));
		if (first + batchSize >= nodes.length) return;
		// Once it is over, the rest is told so without a pause.
		await wait(clock, endMs - clock.now(), this.#pauses);
	}

	async #reach(node: N, begun: () => void): Promise<void> {
		const result = await this.#options.reach(node, this.#attempt, begun);
		this.#counts[result.status]++;
		this.#unread.push(result);
		this.#tellReaders();
		this.#options.onProgress(this.progress);
	}

	#tellReaders(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}
}
