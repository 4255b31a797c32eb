import { asError, type CloseInfo, type Connection, ConnectionError, closedBy, codeOf, hub, type Subscribable, TransportError } from '@linkscope/core';
import { Dial, type DialConnection } from './dial.js';
import { DialTimer } from './dial-timer.js';
import { type LinkEvent, LinkEventType as Type } from './link-event.js';
import type { CheckedLinkOptions } from './link-options.js';
import { isOver, type LinkState } from './link-state.js';
import { LinkTeller } from './link-teller.js';
import { RetrySchedule } from './retry-schedule.js';
import { SilenceWatch } from './silence-watch.js';

export interface ReconnectorHooks {
	/** This is the connection from now on. */
	adopted(connection: Connection): void;
	/** It is FAILED. */
	failed(error: Error): void;
}

/**
 * The machine of a link: which connection it has, when it dials the next, when it gives up. One dial at a time; the connection before is ended before the next is
 * dialled, except where `replace()` opens the next one first.
 */
export class Reconnector {
	readonly id = `link-${hub.nextId()}`;
	readonly silence: SilenceWatch;
	readonly #dialConnection: DialConnection;
	readonly #options: CheckedLinkOptions;
	readonly #hooks: ReconnectorHooks;
	readonly #teller: LinkTeller;
	#error: Error | null = null;
	#connection: Connection | null = null;
	#dial: Dial | null = null;
	#isDraining = false;
	#cancelStable = (): void => {};
	readonly #schedule: RetrySchedule;
	readonly #timer: DialTimer;
	#generation = 0;
	#reconnects = 0;
	#lastConnectionId: string | null = null;
	#lostAtMs = 0;
	#sentAtMs = Number.NEGATIVE_INFINITY;

	constructor(dial: DialConnection, options: CheckedLinkOptions, hooks: ReconnectorHooks) {
		this.#dialConnection = dial;
		this.#options = options;
		this.#hooks = hooks;
		this.#schedule = new RetrySchedule(options);
		this.#teller = new LinkTeller(() => ({ time: options.clock.epoch(), reconnectCount: this.#schedule.retries }));
		this.#timer = new DialTimer(options, (fastPath) => this.#change(() => this.#dialNow(fastPath)));
		this.silence = new SilenceWatch(options.clock, options.lossAfterMs, (silentMs) => this.#change(() => this.#fellSilent(silentMs)));
	}

	get state(): LinkState {
		return this.#teller.state;
	}

	get onState(): Subscribable<LinkState> {
		return this.#teller.onState;
	}

	get onEvent(): Subscribable<LinkEvent> {
		return this.#teller.onEvent;
	}

	/** The last failure; of a link that FAILED, why. */
	get error(): Error | null {
		return this.#error;
	}

	/** Null while there is none that is ACTIVE. */
	get connection(): Connection | null {
		return this.#connection;
	}

	get isDialling(): boolean {
		return this.#dial !== null;
	}

	get counts() {
		return { retries: this.#schedule.retries, reconnects: this.#reconnects, generation: this.#generation };
	}

	start(): void {
		this.#change(() => {
			if (this.state !== 'DISCONNECTED') return;
			this.#timer.watch();
			this.#teller.move('CONNECTING');
			this.#dialNow(false);
		});
	}

	/** Dials now: what waits need not wait, what is connected is given up first, what is being dialled goes on. */
	reconnect(fastPath: boolean): void {
		this.#change(() => {
			if (this.state === 'DISCONNECTED') this.start();
			else if (this.#connection) this.#dropAndDial(this.#connection, fastPath, new ConnectionError('LINK_RECONNECT', 'link: a reconnect was asked for'));
			else if (this.#timer.isWaiting && !this.#timer.isSettling) this.#dialNow(fastPath);
		});
	}

	/** What was being sent was cut off: takes the fast path. */
	markTxDrop(reason: string): void {
		this.#change(() => {
			const connection = this.#connection;
			if (!connection || isOver(this.state)) return;
			this.#dropped(reason);
			this.#dropAndDial(connection, true, new ConnectionError('LINK_TX_DROPPED', `link: ${reason}`));
		});
	}

	/** Opens the next connection before the present one is closed. @returns false where there is nothing to replace, or it is being done. */
	replace(): boolean {
		return this.#change(() => {
			if (this.state !== 'CONNECTED' || this.#dial || this.#isDraining) return false;
			this.#dialNow(false);
			return true;
		});
	}

	/** Something is being sent. */
	sending(): void {
		if (this.#options.txDropWindowMs > 0) this.#sentAtMs = this.#options.clock.now();
	}

	/** False while nobody reads: the silence is then our own. */
	watchSilence(isWatching: boolean): void {
		if (isWatching && this.#connection && !isOver(this.state)) this.silence.start();
		else this.silence.stop();
	}

	/** Dials nothing more; a dial under way may still succeed. */
	drain(): void {
		this.#change(() => {
			this.#isDraining = true;
			if (this.#timer.isWaiting || this.state === 'DISCONNECTED') this.#end('STOPPED', null);
		});
	}

	/** Ends it in every state. The connection it had is the caller's to close. */
	stop(): void {
		this.#change(() => this.#end('STOPPED', null));
	}

	/** Ends it because of what its owner saw. */
	fail(error: Error): void {
		this.#change(() => this.#end('FAILED', error));
	}

	#change<T>(change: () => T): T {
		return this.#teller.during(change);
	}

	#dialNow(fastPath: boolean): void {
		const { fastPathTimeoutMs, dialTimeoutMs, clock } = this.#options;
		this.#timer.cancel();
		if (fastPath) this.#teller.tell(Type.FAST_PATH_ACTIVE, { timeoutMs: fastPathTimeoutMs });
		const attempt = { retry: this.#schedule.retries, fastPath, link: { id: this.id, generation: ++this.#generation, replaces: this.#lastConnectionId } };
		this.#dial = new Dial(this.#dialConnection, attempt, fastPath ? fastPathTimeoutMs : dialTimeoutMs, clock, (outcome) => {
			this.#change(() => this.#dialled(outcome));
		});
	}

	#dialled(outcome: Connection | Error): void {
		this.#dial = null;
		if (outcome instanceof Error) return this.#dialFailed(outcome, closeOf(outcome));
		const { closeInfo } = outcome;
		// It ended in the turn in which it opened.
		if (closeInfo) return this.#dialFailed(errorOf(closeInfo), closeInfo);
		this.#adopt(outcome);
	}

	#dialFailed(error: Error, close: CloseInfo | null): void {
		this.#teller.tell(Type.RECONNECT_FAILED, {
			attempt: this.#schedule.retries,
			replacing: this.#connection !== null,
			code: codeOf(error),
			error: error.message,
		});
		if (this.#connection) return;
		this.#recover(error, close, false);
	}

	#adopt(connection: Connection): void {
		const { clock, stableAfterMs } = this.#options;
		const replaced = this.#connection;
		this.#connection = connection;
		this.#lastConnectionId = connection.id;
		connection.onClose.once((info) => this.#change(() => this.#closed(connection, info)));
		this.#hooks.adopted(connection);
		this.#cancelStable();
		this.#cancelStable = clock.after(stableAfterMs, () => this.#change(() => this.#stable()));
		this.silence.start();
		if (replaced || this.state === 'RECONNECTING') {
			this.#reconnects++;
			const downMs = replaced ? 0 : clock.now() - this.#lostAtMs;
			this.#teller.move('CONNECTED');
			this.#teller.tell(Type.RECONNECT_OK, { attempt: this.#schedule.retries, downMs, replaced: replaced !== null });
		} else this.#teller.move('CONNECTED');
		void replaced?.close('New connection replaced old one');
	}

	#stable(): void {
		this.#schedule.reset();
		this.#error = null;
		this.#teller.tell(Type.CONNECTION_STABLE, { stableAfterMs: this.#options.stableAfterMs });
	}

	#closed(connection: Connection, info: CloseInfo): void {
		if (connection !== this.#connection || isOver(this.state)) return;
		this.#let();
		const sentAgoMs = this.#options.clock.now() - this.#sentAtMs;
		const wasCutOff = !info.wasClean && sentAgoMs < this.#options.txDropWindowMs;
		if (wasCutOff) this.#dropped(`the connection was lost ${Math.round(sentAgoMs)} ms after a send`);
		this.#recover(errorOf(info), info, true, wasCutOff);
	}

	#fellSilent(silentMs: number): void {
		const connection = this.#connection;
		if (!connection || isOver(this.state)) return;
		this.#let();
		connection.terminate('silent for too long');
		const error = new ConnectionError('LINK_SILENT', `link: nothing was received for ${Math.round(silentMs)} ms`);
		this.#recover(error, null, true);
	}

	#dropped(reason: string): void {
		this.#teller.tell(Type.TX_DROP_DETECTED, { reason });
		this.#teller.move('TX_DROPPED');
	}

	#dropAndDial(connection: Connection, fastPath: boolean, error: Error): void {
		this.#let();
		connection.terminate('reconnecting');
		this.#error = error;
		this.#dialAfter('backoff', fastPath);
	}

	/** Lets go of the connection, which has ended or is about to. */
	#let(): void {
		this.#connection = null;
		this.#lostAtMs = this.#options.clock.now();
		this.#cancelStable();
		this.silence.stop();
	}

	#recover(error: Error, close: CloseInfo | null, wasConnected: boolean, fastPath = false): void {
		this.#error = error;
		const recovery = this.#schedule.recoveryFor({ error, close, retries: this.#schedule.retries, wasConnected });
		if (recovery === 'never') this.#end('FAILED', error);
		else this.#dialAfter(recovery, fastPath);
	}

	#dialAfter(recovery: 'at-once' | 'backoff', fastPath: boolean): void {
		if (this.#isDraining) return this.#end('STOPPED', null);
		if (this.state !== 'RECONNECTING') this.#teller.move('RECONNECTING');
		// A replacement is being dialled: that will do.
		if (this.#dial) return;
		try {
			const waitMs = this.#schedule.next(fastPath ? 'at-once' : recovery, fastPath);
			if (waitMs === null) return this.#giveUp();
			const { settleMs, fastPathSettleMs } = this.#options;
			const delayMs = waitMs + (fastPath ? fastPathSettleMs : settleMs);
			this.#teller.tell(Type.RECONNECT_START, { attempt: this.#schedule.retries, delayMs, fastPath, code: codeOf(this.#error) });
			this.#timer.set(delayMs, fastPath);
		} catch (thrown) {
			// Of the backoff: nobody can say when to dial.
			this.#end('FAILED', asError(thrown));
		}
	}

	#giveUp(): void {
		const { retries } = this.#schedule;
		const last = this.#error;
		this.#teller.tell(Type.MAX_RETRIES_EXCEEDED, { attempt: retries, code: codeOf(last) });
		this.#end('FAILED', new ConnectionError('LINK_GAVE_UP', `link: gave up after ${retries} tries: ${last?.message}`, { cause: last }));
	}

	#end(state: 'FAILED' | 'STOPPED', error: Error | null): void {
		if (isOver(this.state)) return;
		this.#error = error ?? this.#error;
		this.#timer.close();
		this.#dial?.abandon();
		this.#dial = null;
		this.#cancelStable();
		this.silence.stop();
		this.#connection = null;
		this.#teller.move(state);
		if (error) this.#hooks.failed(error);
	}
}

function errorOf(info: CloseInfo): Error {
	if (info.error) return info.error;
	const closed = closedBy(info);
	return info.wasClean ? closed : new TransportError('CONNECTION_LOST', closed.message);
}

/** Core's errors of a connection that ended while it was being opened say how. */
function closeOf(error: Error): CloseInfo | null {
	return error instanceof ConnectionError ? (error.close ?? null) : null;
}
