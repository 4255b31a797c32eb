import { MONITORING_LEVELS, type MonitoringLevel } from './levels.js';
import { LinkedList } from './linked-list.js';
import type { MonitoredNode } from './monitored-node.js';

/**
 * Nodes whose check is due and waits for room. A check may be as late as its interval is long, and the one whose patience ends first is
 * next: of those due together the more important comes first, and under more work than there is room for, each still comes some time.
 */
export class CheckQueue {
	readonly #lists = new Map(MONITORING_LEVELS.map((level) => [level, new LinkedList<MonitoredNode>()]));
	readonly #patienceMs: Readonly<Record<MonitoringLevel, number>>;
	#size = 0;

	constructor(intervalsMs: Readonly<Record<MonitoringLevel, number>>) {
		this.#patienceMs = intervalsMs;
	}

	get size(): number {
		return this.#size;
	}

	push(node: MonitoredNode): void {
		this.#lists.get(node.level)?.push(node);
		this.#size++;
	}

	/** @returns whether the node was in the queue. */
	remove(node: MonitoredNode): boolean {
		if (!node.list) return false;
		node.list.remove(node);
		this.#size--;
		return true;
	}

	shift(): MonitoredNode | null {
		let next: MonitoredNode | null = null;
		let soonestMs = Number.POSITIVE_INFINITY;
		for (const [level, { first }] of this.#lists) {
			if (!first) continue;
			const patienceEndsMs = first.dueMs + this.#patienceMs[level];
			if (patienceEndsMs >= soonestMs) continue;
			next = first;
			soonestMs = patienceEndsMs;
		}
		if (next) this.remove(next);
		return next;
	}
}
