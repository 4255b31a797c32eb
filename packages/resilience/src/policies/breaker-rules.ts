import { type Clock, integerOption, numberOption } from '@linkscope/core';

/** When a circuit opens. Called for every closed period of a circuit, so one rule serves any number of circuits. */
export type BreakerRule = (clock: Clock) => FailureCount;

/** What a rule keeps of one closed period. */
export interface FailureCount {
	succeeded(): void;
	/** @returns true: enough, open. */
	failed(): boolean;
}

export interface CountOptions {
	/** Opens when more than this share of the calls failed, between 0 and 1. Default 0.5. */
	failureRatio?: number;
	/** The last so many calls count. Default 20. */
	size?: number;
	/** Fewer calls than this never open it. Default: `size`. */
	minimumCalls?: number;
}

export interface SamplingOptions {
	/** Opens when more than this share of the calls failed, between 0 and 1. Default 0.5. */
	failureRatio?: number;
	/** The calls of the last so many milliseconds count, at least 5; kept in parts of a second or a fifth of it. Default 30,000. */
	windowMs?: number;
	/** Fewer calls than this never open it. Default 10. */
	minimumCalls?: number;
}

/** Opens at so many failures in a row. */
export function consecutiveFailures(threshold = 5): BreakerRule {
	integerOption('threshold', threshold, 5, 1);
	return () => {
		let failures = 0;
		return {
			succeeded() {
				failures = 0;
			},
			failed: () => ++failures >= threshold,
		};
	};
}

/** Opens when too many of the last calls failed. */
export function failureCount(options: CountOptions = {}): BreakerRule {
	const failureRatio = ratioOption(options.failureRatio);
	const size = integerOption('size', options.size, 20, 1, 1_000_000);
	const minimumCalls = integerOption('minimumCalls', options.minimumCalls, size, 1, size);
	return () => {
		const calls: boolean[] = [];
		let next = 0;
		let failures = 0;
		function push(failed: boolean): void {
			if (calls[next]) failures--;
			if (failed) failures++;
			calls[next] = failed;
			next = (next + 1) % size;
		}
		return {
			succeeded: () => push(false),
			failed() {
				push(true);
				return calls.length >= minimumCalls && failures > failureRatio * calls.length;
			},
		};
	};
}

interface Part {
	readonly startedAtMs: number;
	calls: number;
	failures: number;
}

/** Opens when too many of the calls of the last while failed. */
export function failureSampling(options: SamplingOptions = {}): BreakerRule {
	const failureRatio = ratioOption(options.failureRatio);
	const windowMs = numberOption('windowMs', options.windowMs, 30_000, 5, 3_600_000);
	const minimumCalls = integerOption('minimumCalls', options.minimumCalls, 10, 1);
	const partMs = windowMs / Math.max(5, Math.ceil(windowMs / 1_000));
	return (clock) => {
		let parts: Part[] = [];
		let calls = 0;
		let failures = 0;
		function push(failed: 0 | 1): void {
			const nowMs = clock.now();
			let part = parts.at(-1);
			if (part === undefined || nowMs - part.startedAtMs >= partMs) {
				parts = parts.filter(({ startedAtMs }) => nowMs - startedAtMs < windowMs);
				calls = parts.reduce((sum, kept) => sum + kept.calls, 0);
				failures = parts.reduce((sum, kept) => sum + kept.failures, 0);
				part = { startedAtMs: nowMs, calls: 0, failures: 0 };
				parts.push(part);
			}
			part.calls++;
			part.failures += failed;
			calls++;
			failures += failed;
		}
		return {
			succeeded: () => push(0),
			failed() {
				push(1);
				return calls >= minimumCalls && failures > failureRatio * calls;
			},
		};
	};
}

function ratioOption(value: number | undefined): number {
	const ratio = numberOption('failureRatio', value, 0.5, 0, 1);
	if (ratio === 0 || ratio === 1) throw new RangeError(`failureRatio must lie between 0 and 1, got ${ratio}`);
	return ratio;
}
