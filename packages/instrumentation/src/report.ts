import { integerOption } from '@linkscope/core';
import { textOf } from './report-text.js';
import type { ConnectionInstrumentationStats, InstrumentedError } from './types.js';

export interface ReportOptions {
	/** Connections listed one by one; the others are summed up. Default 20. */
	rows?: number;
}

/**
 * The report: text wherever text is wanted (`String(report)`, a template, concatenation, `console.log` in Node),
 * and an object for those who look further.
 */
export interface ConnectionInstrumentationReport {
	readonly text: string;
	/** Newest first. */
	readonly recentErrors: InstrumentedError[];
	readonly stats: ConnectionInstrumentationStats;
	toString(): string;
	/** The stats. */
	toJSON(): ConnectionInstrumentationStats;
	/** Logs the text; a browser's console would show the object. */
	print(): void;
}

/** @throws RangeError where rows is no whole number. */
export function reportOf(stats: ConnectionInstrumentationStats, options: ReportOptions = {}): ConnectionInstrumentationReport {
	const text = textOf(stats, integerOption('rows', options.rows, 20, 1));
	// text comes first, because a browser's console shows properties in order.
	const report = { text, recentErrors: stats.recentErrors, stats };
	const methods = {
		toString: () => text,
		toJSON: () => stats,
		// Some embedded engines have no console.
		print: () => globalThis.console?.log(text),
		[Symbol.toPrimitive]: () => text,
		[Symbol.for('nodejs.util.inspect.custom')]: () => text,
	};
	for (const key of Reflect.ownKeys(methods)) Object.defineProperty(report, key, { value: methods[key as keyof typeof methods] });
	return report as unknown as ConnectionInstrumentationReport;
}
