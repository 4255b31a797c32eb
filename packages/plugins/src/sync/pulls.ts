import { type AbortSignal, codeOf } from '@linkscope/core';
import type { InitialSync } from './initial-sync.js';
import { Pull, type PullContext, type PulledObjects, type PullRequest } from './pull.js';
import { SyncError } from './sync-error.js';
import { MAX_SYNCS, outOfOrder } from './sync-messages.js';
import { Turns } from './turns.js';

/** What this side asks of the peer: a few at a time, the others wait. */
export class Pulls {
	readonly #context: PullContext;
	readonly #initial: InitialSync;
	readonly #turns = new Turns(MAX_SYNCS);
	readonly #underWay = new Map<number, Pull>();
	#last = 0;
	#ended: Error | null = null;

	constructor(context: Omit<PullContext, 'silent'>, initial: InitialSync) {
		this.#context = { ...context, silent: () => this.#silent() };
		this.#initial = initial;
	}

	/** @throws SyncError. */
	run(request: PullRequest, signal?: AbortSignal): Promise<PulledObjects> {
		return this.#turns.take(() => this.#run(request, signal), signal);
	}

	/** @throws PluginError PROTOCOL_ORDER. */
	find(sync: number): Pull {
		const pull = this.#underWay.get(sync);
		if (!pull) throw outOfOrder('a message of a synchronisation that is over or was never begun');
		return pull;
	}

	/** A number is free again when the peer, too, has done with it. */
	release(sync: number): void {
		if (this.#underWay.get(sync)?.state !== 'over') return;
		this.#underWay.delete(sync);
		this.#turns.release();
	}

	/** The connection ended. @param ended for those who wait for their turn. */
	end(ended: Error, cause: Error): void {
		this.#ended = ended;
		this.#turns.end(ended);
		for (const pull of [...this.#underWay.values()]) pull.interrupt(cause);
	}

	/** Where it does not even confirm the ends of those under way, no turn will come. */
	#silent(): void {
		if ([...this.#underWay.values()].some(({ state }) => state === 'running')) return;
		this.#turns.refuse(new SyncError('SYNC_TIMEOUT', 'sync: the peer does not confirm the ends of earlier ones; has it a SyncPlugin at the same place?'));
	}

	async #run(request: PullRequest, signal?: AbortSignal): Promise<PulledObjects> {
		const isInitial = request.ids === null;
		const number = ++this.#last;
		if (isInitial) this.#initial.begin();
		const pull = new Pull(this.#context, number, request);
		this.#underWay.set(number, pull);
		const abort = (): void => pull.abort(signal?.reason);
		signal?.addEventListener('abort', abort, { once: true });
		let code: string | null = null;
		try {
			pull.start();
			return await pull.done;
		} catch (error) {
			code = codeOf(error);
			throw error;
		} finally {
			signal?.removeEventListener('abort', abort);
			if (isInitial && this.#ended === null) this.#initial.end(code);
			this.release(number);
		}
	}
}
