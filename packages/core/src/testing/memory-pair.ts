import { type Clock, systemClock } from '../clock.js';
import { TransportError } from '../errors.js';
import { byteLength, type Payload } from '../payload.js';
import { type AbortSignal, platform } from '../platform.js';
import { type CloseInfo, type Transport, type TransportFeatures, type TransportSink, truncateCloseReason } from '../transport.js';

export interface MemoryPairOptions {
	/**
	 * How frames arrive. 'single': each in a turn of its own. 'burst': all that were sent meanwhile in one tick,
	 * which is where frames behind a handshake get lost. Default 'single'.
	 */
	delivery?: 'single' | 'burst';
	/** One-way delay. Default 0. */
	latencyMs?: number;
	/** Share of messages that vanish, 0 to 1; makes the pair unreliable. Default 0. */
	lossRate?: number;
	/** Share of messages that overtake the one before; makes the pair unordered. Default 0. */
	reorderRate?: number;
	maxMessageBytes?: number;
	/** Bytes under way before send() says false. Default 64 KiB. */
	highWaterBytes?: number;
	clock?: Clock;
	random?: () => number;
	/** Names the ends in `remote`. */
	name?: string;
}

/** Two transports joined in memory: what one sends the other receives. */
export function createMemoryPair(options: MemoryPairOptions = {}): [MemoryTransport, MemoryTransport] {
	const name = options.name ?? 'pair';
	const a = new MemoryTransport(`memory:${name}/a`, options);
	const b = new MemoryTransport(`memory:${name}/b`, options);
	a.join(b);
	b.join(a);
	return [a, b];
}

type Item = ({ payload: Payload } | { close: CloseInfo }) & { dueMs?: number };

/** One end of a memory pair. */
export class MemoryTransport implements Transport {
	readonly kind = 'memory';
	readonly features: TransportFeatures;
	private peer!: MemoryTransport;
	private sink: TransportSink | null = null;
	private ended = false;
	private closing = false;
	private paused = false;
	private choked = false;
	private scheduled = false;
	/** On its way to this end, oldest first. */
	private readonly inbox: Item[] = [];
	private inboxBytes = 0;
	private onAnswer = (): void => {};
	private openWaiters: (() => void)[] = [];

	constructor(
		readonly remote: string,
		private readonly options: MemoryPairOptions,
	) {
		this.features = {
			text: true,
			ordered: !options.reorderRate,
			reliable: !options.lossRate,
			maxMessageBytes: options.maxMessageBytes ?? Number.POSITIVE_INFINITY,
		};
	}

	join(peer: MemoryTransport): void {
		this.peer = peer;
	}

	open(sink: TransportSink, signal: AbortSignal): Promise<void> {
		if (signal.aborted || this.ended) return Promise.reject(new TransportError('OPEN_ABORTED', 'memory: opening was aborted'));
		this.sink = sink;
		sink.claim(this);
		this.schedule();
		if (this.peer.sink) {
			for (const resolve of this.peer.openWaiters.splice(0)) resolve();
			return Promise.resolve();
		}
		if (this.peer.ended) return Promise.reject(new TransportError('OPEN_REFUSED', 'memory: the other end is gone'));
		return new Promise((resolve, reject) => {
			this.openWaiters.push(resolve);
			signal.addEventListener('abort', () => reject(new TransportError('OPEN_ABORTED', 'memory: opening was aborted')), { once: true });
		});
	}

	send(payload: Payload): boolean {
		const bytes = byteLength(payload);
		if (bytes > this.features.maxMessageBytes) {
			throw new TransportError('MESSAGE_TOO_BIG', `memory: a message of ${bytes} bytes; at most ${this.features.maxMessageBytes} go`);
		}
		if (this.ended || this.closing) return false;
		this.sink?.wire(bytes, 0);
		const { lossRate = 0, reorderRate = 0, random = Math.random, highWaterBytes = 64 * 1024 } = this.options;
		if (lossRate > 0 && random() < lossRate) return true;
		this.peer.arrive({ payload }, bytes, reorderRate > 0 && random() < reorderRate);
		// Until the other end has taken all: whoever was told to wait is told when to go on, whatever others send meanwhile.
		if (this.peer.inboxBytes > highWaterBytes) this.choked = true;
		return !this.choked;
	}

	pause(): void {
		this.paused = true;
	}

	resume(): void {
		this.paused = false;
		this.schedule();
	}

	close(code: number, reason: string): void {
		if (this.ended || this.closing) return;
		this.closing = true;
		const told = { code, reason: truncateCloseReason(reason), wasClean: true };
		this.peer.arrive({ close: { ...told, initiatedBy: 'remote' } }, 0, false);
		// As on a socket, the closing end is done when the other has seen the close behind all that was sent.
		this.onAnswer = () => this.end({ ...told, initiatedBy: 'local' });
		if (!this.peer.sink || this.peer.ended) platform.queueMicrotask(this.onAnswer);
	}

	terminate(): void {
		if (this.ended) return;
		this.peer.arrive({ close: { code: 1006, reason: '', wasClean: false, initiatedBy: 'network' } }, 0, false);
		this.end({ code: 1006, reason: '', wasClean: false, initiatedBy: 'local' });
	}

	private arrive(item: Item, bytes: number, overtakes: boolean): void {
		if (this.ended) return;
		const { latencyMs = 0, clock = systemClock } = this.options;
		if (latencyMs > 0) item.dueMs = clock.now() + latencyMs;
		if (overtakes && this.inbox.length > 0) this.inbox.splice(this.inbox.length - 1, 0, item);
		else this.inbox.push(item);
		this.inboxBytes += bytes;
		this.schedule();
	}

	private schedule(): void {
		const next = this.inbox[0];
		if (this.scheduled || !this.sink || !next || (this.paused && !('close' in next))) return;
		this.scheduled = true;
		const { delivery = 'single', clock = systemClock } = this.options;
		const run = (): void => {
			this.scheduled = false;
			this.deliver(delivery === 'burst' ? this.inbox.length : 1);
			this.schedule();
		};
		const waitMs = next.dueMs === undefined ? 0 : next.dueMs - clock.now();
		if (waitMs > 0) clock.after(waitMs, run, { keepAlive: true });
		else if (delivery === 'burst') afterTurns(20, run);
		else platform.queueMicrotask(run);
	}

	private deliver(count: number): void {
		if (!this.sink) return;
		for (let i = 0; i < count && !this.ended; i++) {
			// A close is seen although reading is paused, so that a paused end notices.
			const item = this.inbox[0];
			if (!item || (this.paused && !('close' in item))) return;
			this.inbox.shift();
			if ('close' in item) {
				this.end(item.close);
				return this.peer.onAnswer();
			}
			const bytes = byteLength(item.payload);
			this.inboxBytes -= bytes;
			this.sink.wire(0, bytes);
			this.sink.message(item.payload);
			this.peer.relieve();
		}
	}

	private relieve(): void {
		if (!this.choked || this.ended || this.peer.inboxBytes > 0) return;
		this.choked = false;
		this.sink?.drained();
	}

	private end(info: CloseInfo): void {
		if (this.ended) return;
		this.ended = true;
		this.inbox.length = 0;
		this.sink?.closed(info);
	}
}

// Long enough for the sender to have sent all it sends in one go; no timer, so it works under a fake clock too.
function afterTurns(turns: number, run: () => void): void {
	if (turns === 0) run();
	else platform.queueMicrotask(() => afterTurns(turns - 1, run));
}
