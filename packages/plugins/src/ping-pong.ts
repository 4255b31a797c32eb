import { ConnectionError, numberOption, type Payload, type Plugin, type PluginHost } from '@linkscope/core';
import { ControlFrames } from './control-frames.js';
import { RoundTrip } from './round-trip.js';

export interface PingPongOptions {
	/** Between heartbeats. Default 30,000. */
	intervalMs?: number;
	/** The shortest wait for an answer before asking again, however fast the peer was so far. Default 2,000, at most the interval. */
	minTimeoutMs?: number;
	/** False: only answers the peer's pings. Default true. */
	ping?: boolean;
}

const PING = '?';
const PONG = '!';
const NUMBER = /^[0-9a-z]{1,11}$/;

// Unanswered so often, each time waiting twice as long, the peer counts as gone; so does one that is silent for an interval.
const MAX_PROBES = 3;
// A timer this late means that we slept or were throttled: the silence is ours, not the peer's. Forgiven a few times
// in a row, so that a page throttled for hours still notices in the end.
const LATE_TIMER_MS = 1_000;
const MAX_LATE_TIMERS = 3;

/**
 * A heartbeat that measures the round trip and finds half-open connections within two intervals.
 * Any inbound frame is proof of life, so it goes nearest the wire, where it sees them all.
 * Fails the connection with ConnectionError HEARTBEAT_TIMEOUT (close code 4408).
 *
 * Control frames (text): '?' and a number asks, '!' and the same number answers.
 */
export class PingPongPlugin implements Plugin {
	readonly name = 'ping-pong';
	readonly #frames = new ControlFrames('ping-pong', 'P');
	readonly #roundTrip = new RoundTrip();
	readonly #intervalMs: number;
	readonly #minTimeoutMs: number;
	readonly #pings: boolean;
	#host: PluginHost | null = null;
	#cancelTimer = (): void => {};
	#lastPing = 0;
	/** When each ping still without an answer was sent. */
	readonly #sentAt = new Map<string, number>();
	#firstProbeAt = 0;
	#lateTimers = 0;
	/** Something arrived since the last probe was sent. */
	#alive = true;
	/** The transport asked for a pause; the newest ping meanwhile is answered after it. */
	#busy = false;
	#owed: string | null = null;

	constructor(options: PingPongOptions = {}) {
		this.#intervalMs = numberOption('intervalMs', options.intervalMs, 30_000, 1);
		this.#minTimeoutMs = numberOption('minTimeoutMs', options.minTimeoutMs, Math.min(2_000, this.#intervalMs), 1, this.#intervalMs);
		this.#pings = options.ping ?? true;
	}

	/** Smoothed round-trip time in milliseconds; null until measured. */
	get rttMs(): number | null {
		return this.#roundTrip.rttMs;
	}

	/** Mean deviation of the round-trip time in milliseconds. */
	get jitterMs(): number | null {
		return this.#roundTrip.jitterMs;
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	active(): void {
		if (this.#pings) this.#wait(this.#intervalMs, () => this.#probe());
	}

	outgoing(payload: Payload): Payload {
		return this.#frames.wrap(payload);
	}

	incoming(payload: Payload): Payload | null {
		this.#alive = true;
		const kind = this.#frames.kindOf(payload);
		if (kind === null) return payload;
		const body = this.#frames.bodyOf(payload);
		if (kind === '=') return body;
		if (typeof body !== 'string' || !NUMBER.test(body)) throw this.#frames.malformed('a ping or pong without a number');
		if (kind === PING) this.#answer(body);
		else if (kind === PONG) this.#measure(body);
		else throw this.#frames.malformed('neither a ping nor a pong');
		return null;
	}

	drained(): void {
		const owed = this.#owed;
		this.#busy = false;
		this.#owed = null;
		if (owed !== null) this.#answer(owed);
	}

	closing(): void {
		this.#cancelTimer();
	}

	closed(): void {
		this.#cancelTimer();
		this.#sentAt.clear();
		this.#owed = null;
		this.#host = null;
	}

	/** Asks for a sign of life; what is heard from here on counts. */
	#probe(): void {
		const host = this.#host;
		if (!host) return;
		this.#sentAt.clear();
		this.#firstProbeAt = host.clock.now();
		this.#alive = false;
		this.#ask(1);
	}

	#ask(probes: number): void {
		const host = this.#host;
		if (!host) return;
		const number = (++this.#lastPing).toString(36);
		this.#sentAt.set(number, host.clock.now());
		try {
			host.sendDown(this.#frames.text(PING, number));
		} catch (error) {
			host.fail(error as Error);
			return;
		}
		const patienceMs = this.#roundTrip.timeoutMs(this.#minTimeoutMs, this.#intervalMs) * 2 ** (probes - 1);
		this.#wait(Math.min(patienceMs, this.#remainingMs()), () => this.#judge(probes));
	}

	#judge(probes: number): void {
		if (this.#alive) {
			this.#lateTimers = 0;
			this.#wait(this.#remainingMs(), () => this.#probe());
		} else if (probes < MAX_PROBES && this.#remainingMs() > 0) {
			this.#ask(probes + 1);
		} else {
			const silentMs = Math.round(this.#now() - this.#firstProbeAt);
			this.#host?.fail(new ConnectionError('HEARTBEAT_TIMEOUT', `no answer to ${probes} pings within ${silentMs} ms: the peer or the way to it is gone`));
		}
	}

	/** Until the interval that began with the first probe is over. */
	#remainingMs(): number {
		return this.#firstProbeAt + this.#intervalMs - this.#now();
	}

	#wait(ms: number, next: () => void): void {
		const dueAt = this.#now() + ms;
		this.#cancelTimer();
		this.#cancelTimer =
			this.#host?.clock.after(ms, () => {
				const isLate = this.#now() - dueAt > LATE_TIMER_MS;
				if (isLate && !this.#alive && ++this.#lateTimers <= MAX_LATE_TIMERS) this.#probe();
				else next();
			}) ?? (() => {});
	}

	/** A peer that pings without reading gets one answer when the transport takes more, not a queue of them. */
	#answer(number: string): void {
		if (this.#busy) this.#owed = number;
		else this.#busy = this.#host?.sendDown(this.#frames.text(PONG, number)) === false;
	}

	#measure(number: string): void {
		const sentAt = this.#sentAt.get(number);
		if (sentAt === undefined) return;
		this.#sentAt.clear();
		const sampleMs = this.#now() - sentAt;
		// Longer than an interval is no round trip: somebody slept meanwhile.
		if (sampleMs > this.#intervalMs) return;
		this.#roundTrip.add(sampleMs);
		this.#host?.note({ kind: 'latency', rttMs: sampleMs, jitterMs: this.#roundTrip.jitterMs ?? 0 });
	}

	#now(): number {
		return this.#host?.clock.now() ?? 0;
	}
}
