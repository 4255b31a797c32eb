import { asError, type Clock, Emitter, every, integerOption, numberOption, type Subscribable, systemClock } from '@linkscope/core';

export type SignalLevel = 'ok' | 'warning' | 'critical';

export interface SignalReading {
	readonly value: number;
	/** Milliseconds since 1970. */
	readonly time: number;
}

/** Readings in a row have changed what is to be thought of the signal. */
export interface SignalChange extends SignalReading {
	readonly level: SignalLevel;
	readonly previous: SignalLevel;
	/** Bad readings in a row; 0 for 'ok'. */
	readonly consecutive: number;
}

export interface SignalOptions {
	/** From where on a reading is bad; at the threshold itself it is not. */
	threshold: number;
	/** On which side. Default 'below'. */
	badWhen?: 'below' | 'above';
	/** Bad readings in a row. Default 1 and 3. */
	warningAfter?: number;
	criticalAfter?: number;
	/** Readings kept. Default 10. */
	historySize?: number;
	/** Takes a reading, for `start()`. One that throws, rejects or takes longer than an interval is told by `onError`. */
	read?: () => number | Promise<number>;
	/** Default 1,000. */
	pollIntervalMs?: number;
	clock?: Clock;
}

/** Watches any reading, polled or handed in: power, battery, signal strength. One bad reading is no alarm, several in a row are. */
export class SignalMonitor {
	readonly onLevel: Subscribable<SignalChange>;
	/** A reading could not be taken. */
	readonly onError: Subscribable<Error>;
	readonly #levels = new Emitter<SignalChange>();
	readonly #errors = new Emitter<Error>();
	readonly #options: ReturnType<typeof checked>;
	readonly #history: SignalReading[] = [];
	#level: SignalLevel = 'ok';
	#consecutive = 0;
	#isReading = false;
	#stop: (() => void) | null = null;

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: SignalOptions) {
		this.#options = checked(options);
		this.onLevel = this.#levels;
		this.onError = this.#errors;
	}

	get level(): SignalLevel {
		return this.#level;
	}

	/** Bad readings in a row. */
	get consecutive(): number {
		return this.#consecutive;
	}

	/** Oldest first. */
	get history(): readonly SignalReading[] {
		return [...this.#history];
	}

	/** Takes one reading into account. @returns the level where this reading changed it, else null. @throws RangeError for what is no finite number. */
	update(value: number): SignalLevel | null {
		if (!Number.isFinite(value)) throw new RangeError(`a reading must be a finite number, got ${String(value)}`);
		const { clock, historySize } = this.#options;
		const reading = { value, time: clock.epoch() };
		this.#history.push(reading);
		if (this.#history.length > historySize) this.#history.shift();
		this.#consecutive = this.#isBad(value) ? this.#consecutive + 1 : 0;
		const previous = this.#level;
		this.#level = this.#judge();
		if (this.#level === previous) return null;
		this.#levels.emit({ ...reading, level: this.#level, previous, consecutive: this.#consecutive });
		return this.#level;
	}

	/** Where the history leads in a straight line (least squares). @returns null with fewer than three readings, or all of one moment. */
	forecast(aheadMs: number): number | null {
		const n = this.#history.length;
		if (n < 3) return null;
		const now = this.#options.clock.epoch();
		const meanTime = this.#history.reduce((sum, { time }) => sum + (time - now) / n, 0);
		const meanValue = this.#history.reduce((sum, { value }) => sum + value / n, 0);
		const spread = this.#history.reduce((sum, { time }) => sum + (time - now - meanTime) ** 2, 0);
		if (spread === 0) return null;
		const slope = this.#history.reduce((sum, { time, value }) => sum + (time - now - meanTime) * (value - meanValue), 0) / spread;
		return meanValue + slope * (aheadMs - meanTime);
	}

	/** Polls until `stop()`. @throws TypeError where there is no `read`. */
	start(): void {
		const { read, clock, pollIntervalMs } = this.#options;
		if (!read) throw new TypeError('read must be given for a monitor to poll; without it, hand readings to update()');
		this.#stop ??= every(clock, pollIntervalMs, () => void this.#poll(read));
	}

	stop(): void {
		this.#stop?.();
		this.#stop = null;
	}

	async #poll(read: () => number | Promise<number>): Promise<void> {
		if (this.#isReading) return this.#errors.emit(new Error(`a reading took longer than ${this.#options.pollIntervalMs} ms`));
		this.#isReading = true;
		try {
			const value = await read();
			if (this.#stop) this.update(value);
		} catch (thrown) {
			this.#errors.emit(asError(thrown));
		} finally {
			this.#isReading = false;
		}
	}

	#isBad(value: number): boolean {
		const { threshold, badWhen } = this.#options;
		return badWhen === 'below' ? value < threshold : value > threshold;
	}

	#judge(): SignalLevel {
		const { warningAfter, criticalAfter } = this.#options;
		if (this.#consecutive >= criticalAfter) return 'critical';
		return this.#consecutive >= warningAfter ? 'warning' : 'ok';
	}
}

function checked({ threshold, badWhen = 'below', read, clock = systemClock, ...counts }: SignalOptions) {
	if (!Number.isFinite(threshold)) throw new RangeError(`threshold must be a finite number, got ${String(threshold)}`);
	if (badWhen !== 'below' && badWhen !== 'above') throw new RangeError(`badWhen must be below or above, got ${JSON.stringify(badWhen)}`);
	if (read !== undefined && typeof read !== 'function') throw new TypeError(`read must be a function, got ${typeof read}`);
	const warningAfter = integerOption('warningAfter', counts.warningAfter, 1, 1);
	return {
		threshold,
		badWhen,
		read,
		clock,
		warningAfter,
		criticalAfter: integerOption('criticalAfter', counts.criticalAfter, Math.max(3, warningAfter), warningAfter),
		historySize: integerOption('historySize', counts.historySize, 10, 1, 100_000),
		pollIntervalMs: numberOption('pollIntervalMs', counts.pollIntervalMs, 1_000, 1),
	};
}
