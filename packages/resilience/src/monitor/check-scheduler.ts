import type { AbortSignal, Clock } from '@linkscope/core';
import { nodeTimeout } from '../fleet-pool/fleet-error.js';
import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { CheckQueue } from './check-queue.js';
import type { MonitoringLevel } from './levels.js';
import type { CheckOutcome } from './monitor-events.js';
import type { MonitoredNode } from './monitored-node.js';
import { TICK_MS, type TimerWheel } from './timer-wheel.js';

/** Nothing or true: the node answered. 'unheard': its connection stands, but nothing was heard of it. False: it failed, as when the check throws. */
// biome-ignore lint/suspicious/noConfusingVoidType: a check that returns nothing is the common one.
export type CheckResult = boolean | 'unheard' | void;

/** Asks a node how it is. The signal aborts when the time for it is over, the node was removed or the monitor stopped. */
export type Check = (node: string, context: { readonly signal: AbortSignal }) => CheckResult | Promise<CheckResult>;

export interface CheckSchedulerOptions {
	readonly clock: Clock;
	readonly wheel: TimerWheel;
	readonly check: Check;
	readonly intervalsMs: Readonly<Record<MonitoringLevel, number>>;
	readonly maxConcurrentChecks: number;
	readonly checkTimeoutMs: number;
	/** Has the node wait for its next check. */
	readonly onEnded: (node: MonitoredNode, outcome: CheckOutcome, error: unknown) => void;
}

/** Runs the checks when they are due, so many at once: the rest waits in the queue. */
export class CheckScheduler {
	readonly #options: CheckSchedulerOptions;
	readonly #queue: CheckQueue;
	#checking = 0;
	#pumping = false;

	constructor(options: CheckSchedulerOptions) {
		this.#options = options;
		this.#queue = new CheckQueue(options.intervalsMs);
	}

	get checking(): number {
		return this.#checking;
	}

	get queued(): number {
		return this.#queue.size;
	}

	/** The node's next check is due one interval after a time. */
	wait(node: MonitoredNode, sinceMs: number): void {
		const { clock, intervalsMs, wheel } = this.#options;
		node.sinceMs = sinceMs;
		node.dueMs = Math.max(sinceMs + intervalsMs[node.level], clock.now());
		wheel.set(node.timer, node.dueMs);
	}

	/** The same after a check has ended. */
	waitAfterCheck(node: MonitoredNode): void {
		const startedMs = node.lastCheckMs as number;
		// A timer that was a little late does not shift the rhythm. A wait in the queue does: those that were due together spread out.
		this.wait(node, startedMs - node.dueMs < TICK_MS ? node.dueMs : startedMs);
	}

	/** The node's level is another: its check moves. */
	reschedule(node: MonitoredNode): void {
		if (node.check) return;
		if (this.#queue.remove(node)) this.#queue.push(node);
		else if (node.timer.list) this.wait(node, node.sinceMs);
	}

	/** No check of the node runs, waits or comes. */
	release(node: MonitoredNode, reason: string): void {
		this.#options.wheel.clear(node.timer);
		this.#queue.remove(node);
		const { check } = node;
		if (!check) return;
		node.check = null;
		this.#checking--;
		check.abort(new Error(reason));
	}

	/** Its check is due, or the time of the one that runs is over. */
	fired(node: MonitoredNode): void {
		const { check } = node;
		if (check) {
			const error = nodeTimeout('the check of', node.id, this.#options.checkTimeoutMs);
			this.#ended(node, check, 'failed', error);
			check.abort(error);
		} else {
			this.#queue.push(node);
			this.pump();
		}
	}

	/** Begins what is due, as far as there is room. */
	pump(): void {
		// A check that answers at once comes back here: then the loop goes on, instead of going deeper.
		if (this.#pumping) return;
		this.#pumping = true;
		while (this.#checking < this.#options.maxConcurrentChecks) {
			const node = this.#queue.shift();
			if (!node) break;
			this.#begin(node);
		}
		this.#pumping = false;
	}

	#begin(node: MonitoredNode): void {
		const { clock, wheel, check, checkTimeoutMs } = this.#options;
		const attempt = new AbortableAttempt(1, NOTHING_AROUND);
		node.check = attempt;
		node.lastCheckMs = clock.now();
		this.#checking++;
		wheel.set(node.timer, node.lastCheckMs + checkTimeoutMs);
		try {
			const result = check(node.id, attempt);
			if (isPromise(result)) {
				result.then(
					(answer) => this.#ended(node, attempt, outcomeOf(answer), null),
					(error) => this.#ended(node, attempt, 'failed', error),
				);
			} else this.#ended(node, attempt, outcomeOf(result), null);
		} catch (error) {
			this.#ended(node, attempt, 'failed', error);
		}
	}

	#ended(node: MonitoredNode, attempt: AbortableAttempt, outcome: CheckOutcome, error: unknown): void {
		// Given up before: its time was over, the node removed, the monitor stopped.
		if (node.check !== attempt) return;
		node.check = null;
		this.#checking--;
		this.#options.onEnded(node, outcome, error);
		this.pump();
	}
}

const NOTHING_AROUND = new LazyAttempt(1);

function isPromise(result: CheckResult | Promise<CheckResult>): result is Promise<CheckResult> {
	return typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
}

function outcomeOf(result: CheckResult): CheckOutcome {
	if (result === false) return 'failed';
	return result === 'unheard' ? 'unheard' : 'answered';
}
