import { type Clock, Emitter, integerOption, numberOption, type Subscribable, systemClock } from '@linkscope/core';
import { unknownNode } from '../fleet-pool/fleet-error.js';
import { type Check, CheckScheduler } from './check-scheduler.js';
import { atLeastHigh, checkedLevel, firstLevel, intervalsOption, isCloser, levelAfterFailure, levelAfterSuccess, type MonitoringLevel } from './levels.js';
import type { CheckOutcome, LevelReason, MonitorEvent, MonitorStatistics } from './monitor-events.js';
import { MonitoredNode, type MonitoredNodeInfo } from './monitored-node.js';
import { TimerWheel, WheelTimer } from './timer-wheel.js';

export interface AdaptiveMonitorOptions {
	readonly check: Check;
	/** How often the nodes of a level are checked. Default: 5, 30, 60, 300 and 600 s. */
	readonly intervalsMs?: Partial<Record<MonitoringLevel, number>>;
	/** Default 50. */
	readonly maxConcurrentChecks?: number;
	/** How long a check may take. Default 8,000. */
	readonly checkTimeoutMs?: number;
	/** A node of which nothing was heard for longer is checked at level HIGH. Default 300,000. */
	readonly idleAfterMs?: number;
	/** Default 60,000. */
	readonly reviewEveryMs?: number;
	readonly clock?: Clock;
}

// A node with more errors is raised by the review; where it raises more nodes, one event tells of all.
const MANY = 10;

/**
 * Checks the nodes of a fleet: those in trouble often, those that are well seldom, never more than so many at once.
 * It has one timer, however many nodes there are, and that keeps no process alive.
 */
export class AdaptiveMonitor {
	readonly onEvent: Subscribable<MonitorEvent>;
	readonly #events = new Emitter<MonitorEvent>();
	readonly #nodes = new Map<string, MonitoredNode>();
	readonly #erring = new Set<MonitoredNode>();
	readonly #byLevel: Record<MonitoringLevel, number> = { CRITICAL: 0, HIGH: 0, NORMAL: 0, LOW: 0, MINIMAL: 0 };
	readonly #idleAfterMs: number;
	readonly #reviewEveryMs: number;
	readonly #clock: Clock;
	readonly #wheel: TimerWheel;
	readonly #scheduler: CheckScheduler;
	readonly #reviewTimer = new WheelTimer(() => this.#review());
	#running = false;
	#checks = 0;
	#failures = 0;

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: AdaptiveMonitorOptions) {
		const { check, clock = systemClock } = options;
		if (typeof check !== 'function') throw new TypeError(`check must be a function, got ${typeof check}`);
		this.#idleAfterMs = numberOption('idleAfterMs', options.idleAfterMs, 300_000, 1);
		this.#reviewEveryMs = numberOption('reviewEveryMs', options.reviewEveryMs, 60_000, 100);
		this.#clock = clock;
		this.#wheel = new TimerWheel(clock);
		this.#scheduler = new CheckScheduler({
			clock,
			wheel: this.#wheel,
			check,
			intervalsMs: intervalsOption(options.intervalsMs),
			maxConcurrentChecks: integerOption('maxConcurrentChecks', options.maxConcurrentChecks, 50, 1),
			checkTimeoutMs: numberOption('checkTimeoutMs', options.checkTimeoutMs, 8_000, 1),
			onEnded: (node, outcome, error) => this.#ended(node, outcome, error),
		});
		this.onEvent = this.#events;
	}

	get statistics(): MonitorStatistics {
		return {
			nodes: this.#nodes.size,
			byLevel: { ...this.#byLevel },
			checking: this.#scheduler.checking,
			queued: this.#scheduler.queued,
			erring: this.#erring.size,
			checks: this.#checks,
			failures: this.#failures,
		};
	}

	/** In the order in which they were added. */
	*nodes(): IterableIterator<MonitoredNodeInfo> {
		for (const node of this.#nodes.values()) yield node.info;
	}

	/** @throws FleetError NODE_UNKNOWN. */
	node(id: string): MonitoredNodeInfo {
		return this.#find(id).info;
	}

	/**
	 * Takes a node on; its first check comes one interval later. One that is known already stays as it is.
	 * @param level by default HIGH for the first 10, NORMAL for the next 40, LOW for the rest.
	 */
	add(id: string, level: MonitoringLevel = firstLevel(this.#nodes.size)): void {
		if (typeof id !== 'string') throw new TypeError(`node must be a string, got ${typeof id}`);
		if (this.#nodes.has(id)) return;
		const nowMs = this.#clock.now();
		const node = new MonitoredNode(id, checkedLevel(level), nowMs, (fired) => this.#scheduler.fired(fired));
		this.#nodes.set(id, node);
		this.#byLevel[level]++;
		if (this.#running) this.#scheduler.wait(node, nowMs);
		this.#events.emit({ type: 'added', node: id, level });
	}

	/** A check that runs is given up. @returns whether the node was known. */
	remove(id: string): boolean {
		const node = this.#nodes.get(id);
		if (!node) return false;
		this.#nodes.delete(id);
		this.#erring.delete(node);
		this.#byLevel[node.level]--;
		this.#scheduler.release(node, 'the node was removed');
		this.#scheduler.pump();
		this.#events.emit({ type: 'removed', node: id });
		return true;
	}

	/** @throws FleetError NODE_UNKNOWN; RangeError where there is no such level. */
	setLevel(id: string, level: MonitoringLevel): void {
		const node = this.#find(id);
		if (checkedLevel(level) === node.level) return;
		this.#setLevel(node, level);
		this.#scheduler.reschedule(node);
		this.#tellLevel([id], level, 'set');
	}

	/** The application heard of the node by itself. Of one that is not known (any more) nobody needs to hear. */
	heard(id: string): void {
		const node = this.#nodes.get(id);
		if (node) node.lastActivityMs = this.#clock.now();
	}

	/** Does nothing where it runs. */
	start(): void {
		if (this.#running) return;
		this.#running = true;
		const nowMs = this.#clock.now();
		for (const node of this.#nodes.values()) this.#scheduler.wait(node, nowMs);
		this.#wheel.set(this.#reviewTimer, nowMs + this.#reviewEveryMs);
	}

	/** Gives up the checks that run, and leaves no timer. What is known of the nodes stays, and `start()` goes on with it. */
	stop(): void {
		if (!this.#running) return;
		this.#running = false;
		this.#wheel.clear(this.#reviewTimer);
		for (const node of this.#nodes.values()) this.#scheduler.release(node, 'the monitor was stopped');
	}

	#ended(node: MonitoredNode, outcome: CheckOutcome, error: unknown): void {
		const before = node.level;
		const reason = outcome === 'failed' ? this.#failed(node) : this.#succeeded(node, outcome);
		this.#scheduler.waitAfterCheck(node);
		// All is settled when listeners hear of it: they may remove the node, or stop the monitor.
		const { level } = node;
		if (this.#events.count === 0) return;
		this.#events.emit({ type: 'checked', node: node.id, outcome, error, durationMs: this.#clock.now() - (node.lastCheckMs as number) });
		if (level !== before) this.#tellLevel([node.id], level, reason);
	}

	#failed(node: MonitoredNode): LevelReason {
		this.#checks++;
		this.#failures++;
		node.failed();
		this.#erring.add(node);
		this.#setLevel(node, levelAfterFailure(node.level, node.errors));
		return 'failed';
	}

	#succeeded(node: MonitoredNode, outcome: CheckOutcome): LevelReason {
		this.#checks++;
		node.succeeded();
		if (node.errors === 0) this.#erring.delete(node);
		const nowMs = this.#clock.now();
		if (outcome === 'answered') node.lastActivityMs = nowMs;
		const relaxed = levelAfterSuccess(node.level, node.calm);
		const isIdle = nowMs - node.lastActivityMs > this.#idleAfterMs;
		this.#setLevel(node, isIdle ? atLeastHigh(relaxed) : relaxed);
		return isIdle && relaxed !== node.level ? 'idle' : 'recovered';
	}

	#review(): void {
		this.#wheel.set(this.#reviewTimer, this.#clock.now() + this.#reviewEveryMs);
		const raised = [...this.#erring].filter((node) => node.errors > MANY && node.level !== 'CRITICAL');
		for (const node of raised) {
			this.#setLevel(node, 'CRITICAL');
			this.#scheduler.reschedule(node);
		}
		const ids = raised.map(({ id }) => id);
		if (ids.length > MANY) this.#tellLevel(ids, 'CRITICAL', 'review');
		else for (const id of ids) this.#tellLevel([id], 'CRITICAL', 'review');
		this.#events.emit({ type: 'review', statistics: this.statistics });
	}

	#setLevel(node: MonitoredNode, level: MonitoringLevel): void {
		if (level === node.level) return;
		if (isCloser(level, node.level)) node.calm = 0;
		this.#byLevel[node.level]--;
		this.#byLevel[level]++;
		node.level = level;
	}

	#tellLevel(nodes: readonly string[], level: MonitoringLevel, reason: LevelReason): void {
		this.#events.emit({ type: 'level', nodes, level, reason });
	}

	#find(id: string): MonitoredNode {
		const node = this.#nodes.get(id);
		if (!node) throw unknownNode(id);
		return node;
	}
}
