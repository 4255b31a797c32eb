import { asError, type Clock, type AbortSignal as CoreAbortSignal, type Unsubscribe } from '@linkscope/core';
import { SyncError } from './sync-error.js';
import { MAX_SYNCS, type OfferOutcome, outOfOrder, type SyncAnswer, type SyncMessage, type SyncOffer } from './sync-messages.js';
import { Turns } from './turns.js';

/**
 * Looks at what the peer offers, fetches it, and says how that went; what it throws is told as 'failed'.
 * @param object the name of what is offered.
 * @param signal aborts when the peer takes its offer back, or the connection ends.
 */
export type OfferHandler = (object: string, signal: AbortSignal) => Promise<OfferOutcome>;

/** A handler may come so much later than an offer: who dials gets the connection when the peer may have offered something already. */
const HANDLER_GRACE_MS = 1_000;

export interface OffersContext {
	readonly clock: Clock;
	/** How long a peer that was never heard may be silent about what is offered. */
	readonly timeoutMs: number;
	send(message: SyncMessage): void;
	/** Resolves when the transport takes more. */
	room(): Promise<void>;
	/** A handler threw: for this side's instrumentation. */
	failed(error: Error): void;
}

/** 'Fetch this': objects that one side tells the other to fetch, and how that went. */
export class Offers {
	readonly #context: OffersContext;
	readonly #turns = new Turns(MAX_SYNCS);
	readonly #handlers = new Map<string, OfferHandler>();
	/** Offers that wait for a handler. */
	readonly #expecting = new Set<{ purpose: string; wake(): void }>();
	/** Of this side, until they are answered. */
	readonly #made = new Map<number, { answered(status: OfferOutcome): void; giveUp(error: Error): void; fail(error: Error): void }>();
	/** Of the peer, until they are answered. */
	readonly #received = new Map<number, AbortController>();
	#lastMade = 0;
	#lastReceived = 0;
	/** A person may take minutes to answer; but the plugin says at once that it has heard, and where nothing was ever heard of it there may be none. */
	#isPeerThere = false;
	#cancelSilence: (() => void) | null = null;
	#ended: Error | null = null;

	constructor(context: OffersContext) {
		this.#context = context;
	}

	handle(purpose: string, handler: OfferHandler): Unsubscribe {
		if (this.#handlers.has(purpose)) throw new TypeError(`offers for ${JSON.stringify(purpose)} have a handler already`);
		this.#handlers.set(purpose, handler);
		for (const waiter of [...this.#expecting]) if (waiter.purpose === purpose) waiter.wake();
		return () => {
			if (this.#handlers.get(purpose) === handler) this.#handlers.delete(purpose);
		};
	}

	/** @throws SyncError SYNC_TIMEOUT, SYNC_ABORTED, SYNC_INTERRUPTED. */
	make(object: string, purpose: string, signal?: CoreAbortSignal): Promise<OfferOutcome> {
		const { clock, timeoutMs } = this.#context;
		if (!this.#isPeerThere && !this.#ended) this.#cancelSilence ??= clock.after(timeoutMs, () => this.#nobodyThere());
		return this.#turns.take(() => this.#make(object, purpose, signal), signal);
	}

	/** @throws PluginError PROTOCOL_ORDER. */
	offered({ offer, object, purpose }: SyncOffer): void {
		if (offer !== this.#lastReceived + 1 || this.#received.size >= MAX_SYNCS) throw outOfOrder('an offer out of turn');
		this.#lastReceived = offer;
		const controller = new AbortController();
		this.#received.set(offer, controller);
		void this.#answer(offer, object, purpose, controller.signal);
	}

	/** The peer's plugin said something, whatever it was. */
	peerIsThere(): void {
		this.#isPeerThere = true;
		this.#endSilence();
	}

	/** That the peer is there is known by now. @throws PluginError PROTOCOL_ORDER. */
	heard(offer: number): void {
		if (offer > this.#lastMade) throw outOfOrder('that it heard an offer that was not made');
	}

	/** @throws PluginError PROTOCOL_ORDER. */
	answered({ offer, status }: SyncAnswer): void {
		const made = this.#made.get(offer);
		if (!made) throw outOfOrder('an answer to no offer');
		this.#made.delete(offer);
		this.#turns.release();
		made.answered(status);
	}

	/** One that was answered meanwhile is passed over. @throws PluginError PROTOCOL_ORDER. */
	withdrawn(offer: number): void {
		if (offer > this.#lastReceived) throw outOfOrder('the end of an offer that it did not make');
		this.#received.get(offer)?.abort(new SyncError('SYNC_ABORTED', 'sync: the peer took its offer back'));
	}

	end(error: Error): void {
		this.#ended = error;
		this.#endSilence();
		this.#turns.end(error);
		for (const { fail } of this.#made.values()) fail(error);
		for (const controller of this.#received.values()) controller.abort(error);
		this.#made.clear();
		this.#received.clear();
		this.#handlers.clear();
		for (const { wake } of [...this.#expecting]) wake();
	}

	#endSilence(): void {
		this.#cancelSilence?.();
		this.#cancelSilence = null;
	}

	#nobodyThere(): void {
		this.#cancelSilence = null;
		const what = `sync: the peer did not say for ${this.#context.timeoutMs} ms that it heard of this offer`;
		const error = new SyncError('SYNC_TIMEOUT', `${what}; add a new SyncPlugin() at its end too, at the same place of its plugins`);
		for (const { giveUp } of [...this.#made.values()]) giveUp(error);
		this.#turns.refuse(error);
	}

	#make(object: string, purpose: string, signal?: CoreAbortSignal): Promise<OfferOutcome> {
		const offer = ++this.#lastMade;
		return new Promise((resolve, reject) => {
			const settle = (): void => signal?.removeEventListener('abort', withdraw);
			let isOver = false;
			const giveUp = (error: Error): void => {
				if (isOver) return;
				isOver = true;
				settle();
				this.#context.send({ type: 'sync_withdraw', offer });
				reject(error);
			};
			const withdraw = (): void => giveUp(new SyncError('SYNC_ABORTED', 'sync: the offer was aborted by its signal', { cause: signal?.reason }));
			this.#made.set(offer, {
				giveUp,
				answered: (status) => {
					settle();
					resolve(status);
				},
				fail: (error) => {
					settle();
					reject(error);
				},
			});
			signal?.addEventListener('abort', withdraw, { once: true });
			this.#context.send({ type: 'sync_offer', offer, object, purpose });
		});
	}

	#handlerSoon(purpose: string): Promise<OfferHandler | undefined> {
		return new Promise((resolve) => {
			const waiter = {
				purpose,
				wake: (): void => {
					cancel();
					this.#expecting.delete(waiter);
					resolve(this.#handlers.get(purpose));
				},
			};
			const cancel = this.#context.clock.after(HANDLER_GRACE_MS, waiter.wake);
			this.#expecting.add(waiter);
		});
	}

	async #answer(offer: number, object: string, purpose: string, signal: AbortSignal): Promise<void> {
		let status: OfferOutcome = 'refused';
		try {
			await this.#context.room();
			this.#context.send({ type: 'sync_heard', offer });
			const handler = this.#handlers.get(purpose) ?? (await this.#handlerSoon(purpose));
			if (handler) status = await handler(object, signal);
		} catch (error) {
			status = 'failed';
			if (!signal.aborted) this.#context.failed(asError(error));
		}
		await this.#context.room();
		if (this.#ended) return;
		this.#received.delete(offer);
		this.#context.send({ type: 'sync_answer', offer, status });
	}
}
