import { Emitter, type Subscribable, systemClock } from '@linkscope/core';
import { PowerMonitor, type PowerOptions, powerEventFor } from '../power/power-monitor.js';
import type { SignalChange, SignalLevel } from '../power/signal-monitor.js';
import { exponential } from '../retry/backoffs.js';
import { percentJitter } from '../retry/jitter.js';
import type { DialConnection } from './dial.js';
import { type LinkEvent, LinkEventType } from './link-event.js';
import type { LinkOptions } from './link-options.js';
import { type LinkStatus, ReconnectingLink } from './reconnecting-link.js';

export interface ConnectionManagerOptions extends LinkOptions {
	/** Of the power monitor; `read` is for `startPowerPolling()`. */
	power?: Omit<PowerOptions, 'clock'>;
}

export interface ConnectionManagerStatus extends LinkStatus {
	readonly isConnected: boolean;
	readonly power: {
		/** The last reading; null before the first. */
		readonly watts: number | null;
		readonly level: SignalLevel;
		/** Readings without power in a row. */
		readonly consecutive: number;
	};
}

/**
 * Keeps one connection alive as seeds/001 does: 100 ms doubling to 10 s with ±10 %, 10 tries, 0.5 s to settle; 3 s without data is a loss; what is cut off within
 * 0.5 s of a send, and a link whose power is gone, take the fast path: 0.1 s to settle, no backoff, 0.5 s to dial.
 */
export class ConnectionManager {
	/** What messages go through. */
	readonly link: ReconnectingLink;
	readonly powerMonitor: PowerMonitor;
	/** Everything that happens to the link and its power. */
	readonly onEvent: Subscribable<LinkEvent>;
	readonly #events = new Emitter<LinkEvent>();
	readonly #epoch: () => number;

	/**
	 * @param dial resolves with a new connection that is ACTIVE, each time it is called.
	 * @throws RangeError, TypeError naming the option.
	 */
	constructor(dial: DialConnection, { power, ...options }: ConnectionManagerOptions = {}) {
		const { clock = systemClock } = options;
		this.link = new ReconnectingLink(dial, { ...seedDefaults(), ...options });
		this.powerMonitor = new PowerMonitor({ ...power, clock });
		this.onEvent = this.#events;
		this.#epoch = () => clock.epoch();
		this.link.onEvent.on((event) => this.#events.emit(event));
		this.powerMonitor.onLevel.on((change) => this.#powerChanged(change));
	}

	/** Dials, and dials again whenever the connection is lost. How it goes shows in `onEvent` and the status. */
	startMonitoring(): void {
		this.link.open().catch(() => {});
	}

	/** Takes a reading every second. @throws TypeError where `power.read` was not given; hand readings to `powerMonitor.updatePower()` then. */
	startPowerPolling(): void {
		this.powerMonitor.start();
	}

	/** Ends the link and the polling. */
	async stopMonitoring(): Promise<void> {
		this.powerMonitor.stop();
		await this.link.close();
	}

	/** Data came by a way of which the link does not know. */
	updateLastDataTime(): void {
		this.link.updateLastDataTime();
	}

	/** What was being sent was cut off: takes the fast path by itself. */
	markTxDrop(): void {
		this.link.markTxDrop();
	}

	/** Dials now, never beside another dial. @returns whether there is a connection again. */
	safeReconnect(options: { fastPath?: boolean } = {}): Promise<boolean> {
		return this.link.reconnect(options);
	}

	getConnectionStatus(): ConnectionManagerStatus {
		const { status } = this.link;
		const { level, consecutive, history } = this.powerMonitor.signal;
		return { ...status, isConnected: status.state === 'CONNECTED', power: { watts: history.at(-1)?.value ?? null, level, consecutive } };
	}

	#powerChanged({ level, value, consecutive }: SignalChange): void {
		const type = powerEventFor(level);
		if (type === null) return;
		const { state, retries } = this.link.status;
		this.#events.emit({ type, time: this.#epoch(), state, reconnectCount: retries, context: { powerWatts: value, consecutive } });
		if (type === LinkEventType.POWER_CRITICAL && this.link.state === 'CONNECTED') void this.link.reconnect({ fastPath: true });
	}
}

function seedDefaults(): LinkOptions {
	return {
		backoff: percentJitter(exponential({ baseDelayMs: 100, maxDelayMs: 10_000 })),
		maxRetries: 10,
		settleMs: 500,
		fastPathSettleMs: 100,
		fastPathTimeoutMs: 500,
		txDropWindowMs: 500,
		lossAfterMs: 3_000,
		stableAfterMs: 10_000,
	};
}
