import type { AbortableAttempt } from '../policies/lazy-attempt.js';
import type { MonitoringLevel } from './levels.js';
import type { Linked, LinkedList } from './linked-list.js';
import { WheelTimer } from './timer-wheel.js';

// Each takes 20 successes to make good: a node that was down for a day shall not be watched closely for months.
const MOST_ERRORS = 20;

const SUCCESSES_PER_ERROR = 20;

/** What a monitor tells about a node. Times are the monitor's clock's. */
export interface MonitoredNodeInfo {
	readonly id: string;
	readonly level: MonitoringLevel;
	readonly state: 'waiting' | 'queued' | 'checking' | 'stopped';
	/** Failed checks that are not made good: 20 successes in a row take one off. At most 20. */
	readonly errors: number;
	/** Since the last failure. */
	readonly consecutiveSuccesses: number;
	/** Since the last success. */
	readonly consecutiveFailures: number;
	readonly checks: number;
	readonly failures: number;
	/** When the node was last heard of. */
	readonly lastActivityMs: number;
	/** When its last check began; null before the first. */
	readonly lastCheckMs: number | null;
}

/** What a monitor keeps of a node: in the wheel until its check is due, in the queue until there is room for it, in the wheel again for the check's timeout. */
export class MonitoredNode implements Linked<MonitoredNode> {
	list: LinkedList<MonitoredNode> | null = null;
	previous: MonitoredNode | null = null;
	next: MonitoredNode | null = null;

	readonly id: string;
	readonly timer: WheelTimer;
	level: MonitoringLevel;
	/** What tells the running check from one that was given up; null while there is none. */
	check: AbortableAttempt | null = null;
	/** When the interval before the next check began. */
	sinceMs = 0;
	/** When the next check is due, or the one that is queued or runs was. */
	dueMs = 0;
	lastCheckMs: number | null = null;
	lastActivityMs: number;
	errors = 0;
	/** Successes in a row, since the level was raised. */
	calm = 0;
	consecutiveSuccesses = 0;
	consecutiveFailures = 0;
	checks = 0;
	failures = 0;

	constructor(id: string, level: MonitoringLevel, nowMs: number, fire: (node: MonitoredNode) => void) {
		this.id = id;
		this.level = level;
		this.lastActivityMs = nowMs;
		this.timer = new WheelTimer(() => fire(this));
	}

	get info(): MonitoredNodeInfo {
		const { id, level, errors, consecutiveSuccesses, consecutiveFailures, checks, failures, lastActivityMs, lastCheckMs } = this;
		return { id, level, state: this.#state, errors, consecutiveSuccesses, consecutiveFailures, checks, failures, lastActivityMs, lastCheckMs };
	}

	succeeded(): void {
		this.checks++;
		this.calm++;
		this.consecutiveSuccesses++;
		this.consecutiveFailures = 0;
		if (this.errors > 0 && this.consecutiveSuccesses % SUCCESSES_PER_ERROR === 0) this.errors--;
	}

	failed(): void {
		this.checks++;
		this.calm = 0;
		this.consecutiveSuccesses = 0;
		this.consecutiveFailures++;
		this.failures++;
		this.errors = Math.min(this.errors + 1, MOST_ERRORS);
	}

	get #state(): MonitoredNodeInfo['state'] {
		if (this.check) return 'checking';
		if (this.list) return 'queued';
		return this.timer.list ? 'waiting' : 'stopped';
	}
}
