import { type Clock, TransportError, type Unsubscribe } from '@linkscope/core';

/** How long one way is waited for before the next is tried beside it (RFC 8305 section 5), and what direct ways have ahead of relays. */
export const HEAD_START_MS = 250;

/** One way to the peer, under way. */
export interface Try<T> {
	readonly result: Promise<T>;
	/** Another way was faster: ends it without a trace. */
	drop(): void;
}

/** Begins one. @param met called when the peer has proved there who it is: the others are dropped, and it returns true; or this one was dropped. */
export type Way<T> = (met: () => boolean) => Try<T>;

export interface RaceOptions {
	clock: Clock;
	/** Whether what a way failed with makes the others pointless. @param met the peer had proved who it is. */
	isFinal: (error: unknown, met: boolean) => boolean;
}

/**
 * Happy eyeballs: ways that end at the same peer, each tried when the one before has failed or been waited for, direct ones ahead.
 * More of them may come while it runs.
 */
export class Race<T> implements Try<T> {
	/** @throws what the last way failed with; where several were tried, `errors` are those of each, the direct ones first. */
	readonly result: Promise<T>;
	readonly #options: RaceOptions;
	readonly #waiting: Record<Lane, Way<T>[]> = { direct: [], relayed: [] };
	readonly #failures: Record<Lane, unknown[]> = { direct: [], relayed: [] };
	readonly #running = new Map<Way<T>, { lane: Lane; run: Try<T> }>();
	#winner: Way<T> | null = null;
	/** The first way has been under way long enough. */
	#headStartIsOver = false;
	#isComplete = false;
	#isOver = false;
	#cancelTick: Unsubscribe | null = null;
	#resolve!: (value: T) => void;
	#reject!: (error: unknown) => void;

	constructor(options: RaceOptions) {
		this.#options = options;
		this.result = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
	}

	/** More ways, best first. @param isComplete no others will come. */
	enter(ways: Partial<Record<Lane, readonly Way<T>[]>>, isComplete: boolean): void {
		if (this.#isOver) return;
		for (const lane of LANES) this.#waiting[lane].push(...(ways[lane] ?? []));
		this.#isComplete ||= isComplete;
		if (this.#headStartIsOver) this.#startOneOfEach();
		else if (this.#running.size === 0) this.#startNext();
		this.#endIfNothingIsLeft();
	}

	/** Ends every way that is under way; the result is then OPEN_ABORTED. */
	drop(): void {
		this.#end(() => this.#reject(new TransportError('OPEN_ABORTED', 'given up before any way led to the peer')));
	}

	#startNext(): void {
		if (!this.#start('direct')) this.#start('relayed');
	}

	#startOneOfEach(): void {
		for (const lane of LANES) this.#start(lane);
	}

	#start(lane: Lane): boolean {
		const way = this.#winner === null ? this.#waiting[lane].shift() : undefined;
		if (way === undefined) return false;
		this.#cancelTick ??= this.#tickLater();
		let run: Try<T>;
		try {
			run = way(() => this.#decide(way));
		} catch (error) {
			run = { result: Promise.reject(error), drop: () => {} };
		}
		this.#running.set(way, { lane, run });
		run.result.then(
			(value) => this.#succeeded(way, value),
			(error) => this.#failed(way, error),
		);
		return true;
	}

	#tickLater(): Unsubscribe {
		return this.#options.clock.after(HEAD_START_MS, () => {
			this.#headStartIsOver = true;
			this.#cancelTick = this.#tickLater();
			this.#startOneOfEach();
		});
	}

	#decide(way: Way<T>): boolean {
		if (this.#winner !== null || !this.#running.has(way)) return false;
		this.#winner = way;
		for (const [other, { lane, run }] of [...this.#running]) {
			if (other === way) continue;
			this.#running.delete(other);
			// Should the winner be lost after all, it may be tried again.
			this.#waiting[lane].unshift(other);
			run.drop();
		}
		return true;
	}

	#succeeded(way: Way<T>, value: T): void {
		if (this.#running.delete(way)) this.#end(() => this.#resolve(value));
	}

	#failed(way: Way<T>, error: unknown): void {
		const entry = this.#running.get(way);
		if (entry === undefined) return;
		this.#running.delete(way);
		const met = this.#winner === way;
		if (this.#options.isFinal(error, met)) {
			const { direct, relayed } = this.#failures;
			return this.#end(() => this.#reject(lastOf([...direct, ...relayed, error])));
		}
		this.#failures[entry.lane].push(error);
		if (met) this.#winner = null;
		this.#startNext();
		this.#endIfNothingIsLeft();
	}

	#endIfNothingIsLeft(): void {
		if (!this.#isComplete || this.#running.size > 0) return;
		this.#end(() => this.#reject(lastOf(LANES.flatMap((lane) => this.#failures[lane]))));
	}

	#end(settle: () => void): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#cancelTick?.();
		for (const { run } of this.#running.values()) run.drop();
		this.#running.clear();
		settle();
	}
}

type Lane = 'direct' | 'relayed';
const LANES: readonly Lane[] = ['direct', 'relayed'];

/** The last one, with all of them as an AggregateError has them. */
function lastOf(failures: readonly unknown[]): unknown {
	const last = failures.at(-1);
	if (failures.length > 1) Object.defineProperty(last, 'errors', { value: failures, configurable: true, writable: true });
	return last;
}
