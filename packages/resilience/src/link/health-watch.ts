import { type Clock, every, integerOption, numberOption, systemClock } from '@linkscope/core';

export interface HealthWatchOptions {
	/** Fails by throwing or rejecting; 'CRITICAL' says that one such is enough. One that has not ended when the next is due has failed. */
	check: () => unknown;
	/** Default 30,000. */
	intervalMs?: number;
	/** In a row. Default 2. */
	failures?: number;
	clock?: Clock;
}

/** Opens a replacement for a connection that fails its checks, before it fails altogether (seeds/002, proactive reconnection). */
export class HealthWatch {
	readonly #link: { replace(): boolean };
	readonly #check: () => unknown;
	readonly #intervalMs: number;
	readonly #failures: number;
	readonly #clock: Clock;
	#stop: (() => void) | null = null;
	#isChecking = false;
	#failed = 0;

	/** @throws RangeError, TypeError naming the option. */
	constructor(link: { replace(): boolean }, { check, intervalMs, failures, clock = systemClock }: HealthWatchOptions) {
		if (typeof check !== 'function') throw new TypeError(`check must be a function, got ${typeof check}`);
		this.#link = link;
		this.#check = check;
		this.#intervalMs = numberOption('intervalMs', intervalMs, 30_000, 1);
		this.#failures = integerOption('failures', failures, 2, 1);
		this.#clock = clock;
	}

	start(): void {
		this.#stop ??= every(this.#clock, this.#intervalMs, () => {
			if (this.#isChecking) this.#judge(false);
			else void this.#run();
		});
	}

	stop(): void {
		this.#stop?.();
		this.#stop = null;
		this.#failed = 0;
	}

	async #run(): Promise<void> {
		this.#isChecking = true;
		try {
			if ((await this.#check()) === 'CRITICAL') this.#failed = this.#failures;
			this.#judge(this.#failed < this.#failures);
		} catch {
			this.#judge(false);
		} finally {
			this.#isChecking = false;
		}
	}

	#judge(isWell: boolean): void {
		if (!this.#stop) return;
		this.#failed = isWell ? 0 : this.#failed + 1;
		if (this.#failed < this.#failures) return;
		this.#failed = 0;
		this.#link.replace();
	}
}
