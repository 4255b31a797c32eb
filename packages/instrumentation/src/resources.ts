import type { ResourceStats } from './types.js';

interface NodeProcess {
	memoryUsage?: { rss?(): number };
	cpuUsage?(): { user: number; system: number };
}

const realm = globalThis as { process?: NodeProcess; performance?: { memory?: { usedJSHeapSize?: number } } };

/** What the process uses, where the platform tells. */
export class Resources {
	cpuPercent: number | null = null;
	eventLoopLagMs: number | null = null;
	#before: { at: number; cpuMs: number } | null = null;

	/** @param lateMs how much later than asked the timer fired. */
	sample(at: number, lateMs: number): void {
		this.eventLoopLagMs = Math.max(Math.round(lateMs), 0);
		const used = realm.process?.cpuUsage?.();
		if (!used) return;
		const cpuMs = (used.user + used.system) / 1000;
		if (this.#before && at > this.#before.at) this.cpuPercent = Math.round(((cpuMs - this.#before.cpuMs) / (at - this.#before.at)) * 1000) / 10;
		this.#before = { at, cpuMs };
	}

	stats(): Omit<ResourceStats, 'instrumentation'> {
		const memoryBytes = realm.process?.memoryUsage?.rss?.() ?? realm.performance?.memory?.usedJSHeapSize ?? null;
		return { memoryBytes, cpuPercent: this.cpuPercent, eventLoopLagMs: this.eventLoopLagMs };
	}
}
