import type { Clock } from '@linkscope/core';
import type { Call } from './cluster/cluster.js';
import type { AdmissionLimit } from './limits/admission.js';
import { keyForLog, type LogEntry, type LogSink, printable } from './log.js';
import type { RelayMetrics } from './metrics.js';
import type { Refusal } from './refusals.js';
import { isOneKey } from './registration-key.js';
import type { Session } from './session.js';
import type { Spare } from './spare.js';
import type { SpliceEnd } from './wire/splice-options.js';

/** A limit that somebody met, as the metrics name it. */
export type LimitName = AdmissionLimit | 'registrationsPerKey' | 'registrationsPerAddress' | 'flapping' | 'callsPerSecondPerTarget' | 'heldBytes';

/** How a call went: 'local' and 'remote' are spliced. */
export type CallOutcome = 'local' | 'remote' | 'caller-gone' | Refusal;

/** Tells metrics and log what happens; neither ever sees a secret, and the log sees keys by their fingerprints. */
export class Journal {
	readonly #log: LogSink | undefined;
	readonly #clock: Clock;
	readonly #metrics: RelayMetrics;

	constructor(log: LogSink | undefined, clock: Clock, metrics: RelayMetrics) {
		this.#log = log;
		this.#clock = clock;
		this.#metrics = metrics;
	}

	note(level: 'info' | 'warn' | 'error', event: string, fields: LogEntry = {}): void {
		try {
			this.#log?.({ at: new Date(this.#clock.epoch()).toISOString(), level, event, ...fields });
		} catch {
			// A sink that throws (a full disk, a broken pipe) must end nobody's connection.
		}
	}

	registered(spare: Spare): void {
		this.#metrics.registrations.inc({ protocol: protocolOf(spare.key) });
		if (this.#log) this.note('info', 'registered', { key: keyForLog(spare.key), address: spare.socket.address });
	}

	call(call: Call, outcome: CallOutcome): void {
		this.#metrics.calls.inc({ protocol: protocolOf(call.target), outcome });
		if (this.#log) this.note('info', 'call', { outcome, from: keyForLog(call.from), target: keyForLog(call.target) });
	}

	refused({ socket, isOne }: Session, refusal: Refusal): void {
		this.#metrics.refusals.inc({ code: refusal });
		this.note('warn', 'refused', { code: refusal, protocol: isOne ? 'one' : 'linkscope', address: socket.address });
	}

	/** Before there was a WebSocket. */
	turnedAway(code: Refusal | 'draining', address: string): void {
		this.#metrics.refusals.inc({ code });
		this.note('warn', 'turned away', { code, address });
	}

	limited(limit: LimitName): void {
		this.#metrics.limits.inc({ limit });
	}

	spliceEnded({ cause, by, code, reason }: SpliceEnd): void {
		this.#metrics.spliceEnds.inc({ cause, by });
		this.note('info', 'splice ended', { cause, by, code, reason: printable(reason) });
	}

	failed(error: unknown): void {
		this.#metrics.refusals.inc({ code: 'internal error' });
		this.note('error', 'failed', { message: printable(String((error as Error | null)?.stack ?? error), 2_000) });
	}
}

function protocolOf(key: string): 'one' | 'linkscope' {
	return isOneKey(key) ? 'one' : 'linkscope';
}
