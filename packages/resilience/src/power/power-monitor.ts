import type { Subscribable } from '@linkscope/core';
import { LinkEventType } from '../link/link-event.js';
import { type SignalChange, SignalMonitor, type SignalOptions } from './signal-monitor.js';

export type PowerEvent = typeof LinkEventType.POWER_WARNING | typeof LinkEventType.POWER_CRITICAL;

/** Defaults: bad below 0.1 W, a warning at the first such reading, critical at the third, polled every second, ten kept. */
export type PowerOptions = Partial<Omit<SignalOptions, 'badWhen'>>;

/** Output power in watts: none of it is the early sign of a link that is about to fail (seeds/001). */
export class PowerMonitor {
	readonly onLevel: Subscribable<SignalChange>;
	readonly onError: Subscribable<Error>;
	readonly #signal: SignalMonitor;

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: PowerOptions = {}) {
		this.#signal = new SignalMonitor({ threshold: 0.1, ...options, badWhen: 'below' });
		this.onLevel = this.#signal.onLevel;
		this.onError = this.#signal.onError;
	}

	/** The readings underneath: level, history, forecast. */
	get signal(): Pick<SignalMonitor, 'level' | 'consecutive' | 'history' | 'forecast'> {
		return this.#signal;
	}

	/** @returns the event that this reading caused: a first warning, then critical; null where it caused none. @throws RangeError for what is no finite number. */
	updatePower(watts: number): PowerEvent | null {
		return powerEventFor(this.#signal.update(watts));
	}

	/** Polls `read` until `stop()`. @throws TypeError where there is none. */
	start(): void {
		this.#signal.start();
	}

	stop(): void {
		this.#signal.stop();
	}
}

export function powerEventFor(level: SignalChange['level'] | null): PowerEvent | null {
	if (level === 'critical') return LinkEventType.POWER_CRITICAL;
	return level === 'warning' ? LinkEventType.POWER_WARNING : null;
}
