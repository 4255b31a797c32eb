import { type Backoff, type Clock, Emitter, numberOption, type Subscribable, systemClock, type Unsubscribe } from '@linkscope/core';
import { EndpointError } from './endpoint-error.js';
import { EndpointMeter, type EndpointMetrics } from './endpoint-metrics.js';
import { oneLine, seconds } from './one-line.js';
import { type EndpointAlert, OutageAlarm } from './outage-alarm.js';
import type { EndpointState, StatusSource } from './status-source.js';

export interface EndpointOptions {
	/** What the log and the alerts call it. */
	readonly node: string;
	/** How long a disconnection lasts before an alert is raised. Default 300,000. */
	readonly prolongedAfterMs?: number;
	readonly clock?: Clock;
}

/** `${level}: ${message}` is a line of the log. */
export interface EndpointLogLine {
	readonly level: 'INFO' | 'WARNING' | 'ERROR';
	readonly message: string;
}

/**
 * What endpoints have in common: a state, one timer, the log, the metrics and the alarm. Whatever happens, it goes on until it is stopped;
 * its timers keep no process alive.
 */
export abstract class Endpoint implements StatusSource {
	readonly node: string;
	readonly onChange: Subscribable<EndpointState>;
	readonly onLog: Subscribable<EndpointLogLine>;
	readonly onAlert: Subscribable<EndpointAlert>;
	protected readonly clock: Clock;
	protected readonly meter: EndpointMeter;
	protected lastError: string | null = null;
	/** Tries to reconnect since it was last connected. */
	protected attempts = 0;
	readonly #changes = new Emitter<EndpointState>();
	readonly #log = new Emitter<EndpointLogLine>();
	readonly #alerts = new Emitter<EndpointAlert>();
	readonly #alarm: OutageAlarm;
	#state: EndpointState = 'disconnected';
	#isStarted = false;
	/** The last wait before a try. */
	#delayMs = 0;
	#cancelTimer: Unsubscribe = () => {};

	constructor({ node, prolongedAfterMs, clock = systemClock }: EndpointOptions) {
		if (typeof node !== 'string' || node === '') throw new TypeError('node must be a name');
		this.node = node;
		this.clock = clock;
		this.meter = new EndpointMeter(clock);
		this.onChange = this.#changes;
		this.onLog = this.#log;
		this.onAlert = this.#alerts;
		this.#alarm = new OutageAlarm(clock, numberOption('prolongedAfterMs', prolongedAfterMs, 300_000, 1));
		this.#alarm.onOutage.on(({ status, downMs }) => {
			if (status === 'raised') this.log('WARNING', `No connection for ${seconds(downMs)}: ${this.lastError ?? 'no answer yet'}`);
			this.#alerts.emit({ type: 'PROLONGED_DISCONNECTION', status, node, downMs, lastError: this.lastError });
		});
	}

	/** In the shape of seeds/002. */
	abstract readonly snapshot: object;

	get state(): EndpointState {
		return this.#state;
	}

	get isAvailable(): boolean {
		return this.#state === 'connected';
	}

	get metrics(): EndpointMetrics {
		return this.meter.metrics;
	}

	/** Does nothing where it runs. @throws EndpointError ENDPOINT_STOPPED. */
	start(): void {
		if (this.#state === 'stopped') throw this.stoppedError();
		if (this.#isStarted) return;
		this.#isStarted = true;
		this.meter.started();
		this.#alarm.begin();
		this.dial();
	}

	/** Tries at once where it waits to. */
	retryNow(): void {
		if (!this.#isStarted || !(this.#state === 'error' || this.#state === 'disconnected')) return;
		this.#cancelTimer();
		this.dial();
	}

	/** For good: gives up what runs, and leaves no timer. */
	stop(): void {
		if (this.#state === 'stopped') return;
		this.#cancelTimer();
		this.#state = 'stopped';
		this.meter.stopped();
		this.hangUp();
		this.#alarm.end();
		this.changed();
	}

	/** Begins a try; it ends with `connected()` or `disconnected()`. */
	protected abstract dial(): void;

	/** Gives up what runs. */
	protected abstract hangUp(): void;

	// What the application gave us may stop the endpoint in the middle of anything: then what follows does nothing.

	protected dialling(): void {
		if (this.#state === 'stopped') return;
		this.#state = 'connecting';
		this.changed();
	}

	protected connected(message: string): void {
		if (this.isAvailable) return;
		this.#state = 'connected';
		this.attempts = 0;
		this.#delayMs = 0;
		this.lastError = null;
		this.meter.connected();
		this.#alarm.end();
		this.log('INFO', message);
		this.changed();
	}

	protected disconnected(state: 'disconnected' | 'error', error: string, line: EndpointLogLine): void {
		if (this.#state === 'stopped') return;
		if (this.isAvailable) {
			this.meter.lost();
			this.#alarm.begin();
		} else this.meter.attemptFailed();
		this.#state = state;
		this.lastError = error;
		this.log(line.level, line.message);
		this.changed();
	}

	protected changed(): void {
		this.#changes.emit(this.#state);
	}

	protected log(level: EndpointLogLine['level'], message: string): void {
		this.#log.emit({ level, message: oneLine(`[${this.node}] ${message}`, 400) });
	}

	/** There is one timer: the next thing to do takes the place of what was. */
	protected schedule(ms: number, next: () => void): void {
		this.#cancelTimer();
		if (this.#state !== 'stopped') this.#cancelTimer = this.clock.after(ms, next);
	}

	protected cancelSchedule(): void {
		this.#cancelTimer();
	}

	/**
	 * Counts one more try.
	 * @param maxAttempts 0: any number.
	 * @returns the wait before it; null where there is none, and `attempts` stays.
	 */
	protected nextDelayMs(backoff: Backoff, maxAttempts: number): number | null {
		const attempt = this.attempts + 1;
		if (maxAttempts !== 0 && attempt > maxAttempts) return null;
		const delayMs = backoff.next(attempt, this.#delayMs);
		if (delayMs === null) return null;
		this.attempts = attempt;
		this.#delayMs = delayMs;
		return delayMs;
	}

	protected stoppedError(): EndpointError {
		return new EndpointError('ENDPOINT_STOPPED', `${oneLine(this.node)} was stopped, which is final: make a new endpoint`);
	}
}
