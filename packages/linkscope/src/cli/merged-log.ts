import { systemClock } from '@linkscope/core';
import { ms } from './durations.js';

/** Lines of several processes arrive in another order than they were written, and some are told late. */
const SORT_WITHIN_MS = 200;
const NAME_COLUMNS = 9;

/** The log of several processes in one, by time. */
export class MergedLog {
	readonly #write: (line: string) => void;
	#waiting: { time: number; who: string; line: string }[] = [];
	#startedAt: number | null = null;

	constructor(write: (line: string) => void) {
		this.#write = write;
	}

	/** @param time milliseconds since 1970, with fractions. */
	add(who: string, time: number, line: string): void {
		if (this.#waiting.length === 0) systemClock.after(SORT_WITHIN_MS, () => this.flush());
		this.#waiting.push({ time, who, line });
	}

	flush(): void {
		const lines = this.#waiting.sort((a, b) => a.time - b.time);
		this.#waiting = [];
		for (const { time, who, line } of lines) {
			this.#startedAt ??= time;
			this.#write(`${ms(time - this.#startedAt).padStart(10)}  ${who.padEnd(NAME_COLUMNS)}${line}`);
		}
	}
}
