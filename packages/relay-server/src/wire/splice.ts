import type { Unsubscribe } from '@linkscope/core';
import { FramedSocket } from './framed-socket.js';
import { Pipe, type PipeEvents, type PipeLimits } from './pipe.js';
import type { RelaySocket, SocketEnd } from './relay-socket.js';
import type { Splice, SpliceEnd, SpliceOptions } from './splice-options.js';

const PEER_LOST: SocketEnd = { code: 1014, reason: 'peer connection lost' };
const SLOW_READER: SocketEnd = { code: 4440, reason: 'SLOW_READER' };
const QUOTA: SocketEnd = { code: 4413, reason: 'RELAY_QUOTA' };

/** What may wait in one direction as long as all together hold too much. */
const SPARING_BYTES = 64 * 1024;

/** What one side still has to say when the other has said goodbye, and how long a frame may take to its end. */
const GOODBYE_MS = 1000;

/**
 * Pipes the frames of two sockets into each other, both ways, from here on: what a socket has kept while it was held comes first.
 * @throws TypeError for sockets that are not of this relay, or that were both dialled.
 */
export function splice(dialler: RelaySocket, listener: RelaySocket, options: SpliceOptions): Splice {
	if (!(dialler instanceof FramedSocket) || !(listener instanceof FramedSocket)) throw new TypeError('splice: both sockets must be of this relay');
	if (dialler.isClient && listener.isClient) throw new TypeError('splice: two sockets to other nodes have nothing to say to each other');
	return new TwoPipes(dialler, listener, options);
}

class TwoPipes implements Splice, PipeEvents, PipeLimits {
	readonly fromDialler: Pipe;
	readonly fromListener: Pipe;
	readonly maxFrameBytes: number;
	readonly #sockets: readonly [dialler: FramedSocket, listener: FramedSocket];
	readonly #options: SpliceOptions;
	#volume: number;
	#end: SpliceEnd | null = null;
	#cancelDuration: Unsubscribe | null = null;
	#cancelGoodbye: Unsubscribe | null = null;
	readonly #cancelStalls = new Map<Pipe, Unsubscribe>();

	constructor(dialler: FramedSocket, listener: FramedSocket, options: SpliceOptions) {
		this.#options = options;
		this.#sockets = [dialler, listener];
		this.maxFrameBytes = options.maxFrameBytes;
		this.#volume = options.totalBytes ?? Number.POSITIVE_INFINITY;
		this.fromDialler = new Pipe(dialler, listener, this, this);
		this.fromListener = new Pipe(listener, dialler, this, this);
		this.fromDialler.opposite = this.fromListener;
		this.fromListener.opposite = this.fromDialler;
		if (options.durationMs != null) this.#cancelDuration = options.clock.after(options.durationMs, () => this.#endBoth(QUOTA, 'limit', 'relay'));
		if (options.heldInAll) for (const socket of this.#sockets) socket.countIn(options.heldInAll);
		const wasOpen = this.#sockets.map((socket) => socket.isOpen);
		dialler.handOver(this.fromDialler);
		listener.handOver(this.fromListener);
		process.nextTick(() => this.#begin(wasOpen));
	}

	#begin([isDiallerOpen, isListenerOpen]: boolean[]): void {
		if (!isDiallerOpen) this.fromDialler.finished();
		if (!isListenerOpen) this.fromListener.finished();
		for (const socket of this.#sockets) socket.resume();
	}

	close(code: number, reason: string): void {
		this.#endBoth({ code, reason }, 'relay', 'relay');
	}

	get heldBytesPerDirection(): number {
		const { heldInAll, heldBytesPerDirection } = this.#options;
		return heldInAll?.isTooMuch ? Math.min(heldBytesPerDirection, SPARING_BYTES) : heldBytesPerDirection;
	}

	tighten(): void {
		this.fromDialler.blockIfFull();
		this.fromListener.blockIfFull();
	}

	takeVolume(bytes: number): boolean {
		this.#volume -= bytes;
		return this.#volume >= 0;
	}

	said(pipe: Pipe, end: SocketEnd): void {
		this.#note(end, 'closed', this.#sourceOf(pipe));
		pipe.conclude(this.#worded(end));
		if (!pipe.opposite.isOver) this.#awaitGoodbye(pipe.opposite, end);
	}

	broke(pipe: Pipe, end: SocketEnd, cause: SpliceEnd['cause']): void {
		this.#endBoth(end, cause, this.#sourceOf(pipe));
	}

	lost(pipe: Pipe): void {
		this.#note(PEER_LOST, 'lost', this.#sourceOf(pipe));
		const end = this.#worded(this.#end as SpliceEnd);
		pipe.cut(end);
		pipe.opposite.cut(end);
	}

	closing(end: SocketEnd): void {
		this.close(end.code, end.reason);
	}

	/** A reader that takes something, however slowly, is waited for. */
	blocked(pipe: Pipe, isBlocked: boolean): void {
		this.#cancelStalls.get(pipe)?.();
		if (!isBlocked) return;
		const before = pipe.targetProgress;
		const cancel = this.#options.clock.after(this.#options.stallTimeoutMs, () => {
			if (pipe.targetProgress !== before) this.blocked(pipe, true);
			else this.#endBoth(SLOW_READER, 'slow-reader', this.#sourceOf(pipe.opposite));
		});
		this.#cancelStalls.set(pipe, cancel);
	}

	over(pipe: Pipe): void {
		if (!pipe.opposite.isOver) return;
		this.#cancelDuration?.();
		this.#cancelGoodbye?.();
		for (const cancel of this.#cancelStalls.values()) cancel();
		const end = this.#end as SpliceEnd;
		// What peers have said is still on its way to a slow reader; what the relay ends, ends.
		const isOfPeers = end.cause === 'closed' || end.cause === 'lost';
		for (const socket of this.#sockets) socket.leave(end, isOfPeers ? this.#options.stallTimeoutMs : GOODBYE_MS);
		this.#options.ended?.(end);
	}

	#endBoth(end: SocketEnd, cause: SpliceEnd['cause'], by: SpliceEnd['by']): void {
		this.#note(end, cause, by);
		const worded = this.#worded(end);
		this.fromDialler.conclude(worded);
		this.fromListener.conclude(worded);
		this.#cutLater(worded);
	}

	#cutLater(end: SocketEnd): void {
		if (this.fromDialler.isOver && this.fromListener.isOver) return;
		this.#cancelGoodbye?.();
		this.#cancelGoodbye = this.#options.clock.after(GOODBYE_MS, () => {
			this.fromDialler.cut(end);
			this.fromListener.cut(end);
		});
	}

	/** Until the other side has said goodbye too, or has nothing more to say. */
	#awaitGoodbye(pipe: Pipe, end: SocketEnd): void {
		const before = pipe.progress;
		this.#cancelGoodbye = this.#options.clock.after(GOODBYE_MS, () => {
			if (pipe.progress !== before) this.#awaitGoodbye(pipe, end);
			else this.#endBoth(end, 'closed', 'relay');
		});
	}

	#note(end: SocketEnd, cause: SpliceEnd['cause'], by: SpliceEnd['by']): void {
		this.#end ??= { ...end, cause, by };
	}

	#worded(end: SocketEnd): SocketEnd {
		if (!this.#options.alwaysNormal) return end;
		return { code: 1000, reason: end.reason };
	}

	#sourceOf(pipe: Pipe): 'dialler' | 'listener' {
		return pipe === this.fromDialler ? 'dialler' : 'listener';
	}
}
