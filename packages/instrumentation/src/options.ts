import { type Clock, integerOption, numberOption, systemClock } from '@linkscope/core';
import { workerScript } from './patch/index.js';

export interface InstrumentationOptions {
	/** Prefix of the live log and title of the report, e.g. 'RENDERER 1'. */
	label?: string;
	/** The live log; off by default. true: every line to the console. */
	log?: boolean | LogOptions;
	/** What of a message the log and `onConnectionEvent` see. shape: keys and types only. Nothing of it is kept. Default 'size'. */
	payloads?: 'none' | 'size' | 'shape' | 'full';
	/** Only URLs that contain one of these strings or match one of these expressions. */
	include?: readonly (string | RegExp)[];
	/** Not those; wins over `include`. */
	exclude?: readonly (string | RegExp)[];
	/** Share of connections to record, 0 to 1. Default 1. */
	sampleRate?: number;
	/** Rewrites a URL before it is recorded; credentials, query values and fragment go in any case. */
	redact?: (url: string) => string;
	limits?: Partial<Limits>;
	/** Keeps where each connection was created, for `leaks`: costs about 10 microseconds and 2 KiB a connection. Default false. */
	creationStacks?: boolean;
	/** Silence after which an open connection counts as forgotten. Default 600,000. */
	leakAfterMs?: number;
	/**
	 * Observes Workers that do not import linkscope: the URL of the script that installs it there (true: the script tag's own).
	 * Starts them from a blob, which changes their self.location and needs `worker-src blob:`. Default false. Read at the first install.
	 */
	workers?: boolean | string;
	clock?: Clock;
}

export interface LogOptions {
	/** Where lines go. Default: the console. */
	sink?: (line: string) => void;
	/** error: errors and what closed badly; info: lifecycle and navigation too; debug: messages too. Default 'debug'. */
	level?: 'error' | 'info' | 'debug';
}

/** How much is kept; the oldest goes first, and what goes is counted. */
export interface Limits {
	/** Ended connections. Default 200. */
	closed: number;
	/** Open connections with a record of their own. Default 10,000. */
	live: number;
	/** Default 100. */
	errors: number;
	/** Default 1,000. */
	events: number;
	/** History samples, one every 5 s. Default 360. */
	samples: number;
}

export interface Settings extends InstrumentationOptions {
	limits: Limits;
	payloads: 'none' | 'size' | 'shape' | 'full';
	sampleRate: number;
	leakAfterMs: number;
	clock: Clock;
	workers: string | undefined;
}

/**
 * Options over what was set before.
 * @throws RangeError, TypeError naming the option.
 */
export function settingsFrom(options: InstrumentationOptions, before?: Settings): Settings {
	const merged = { ...before, ...options };
	const { payloads = 'size', clock = systemClock } = merged;
	if (!/^(none|size|shape|full)$/.test(payloads)) throw new RangeError(`payloads must be none, size, shape or full, got ${payloads}`);
	const limit = (name: keyof Limits, fallback: number) =>
		integerOption(`limits.${name}`, options.limits?.[name] ?? before?.limits[name], fallback, 1, 1_000_000);
	return {
		...merged,
		payloads,
		clock,
		workers: workerScript(merged.workers),
		sampleRate: numberOption('sampleRate', merged.sampleRate, 1, 0, 1),
		leakAfterMs: numberOption('leakAfterMs', merged.leakAfterMs, 600_000),
		limits: {
			closed: limit('closed', 200),
			live: limit('live', 10_000),
			errors: limit('errors', 100),
			events: limit('events', 1000),
			samples: limit('samples', 360),
		},
	};
}

/** Whether a URL is to be observed at all. */
export function isObserved(settings: Settings, url: string): boolean {
	const matches = (patterns: readonly (string | RegExp)[] | undefined) =>
		// search() ignores lastIndex, so a global expression keeps no state between URLs.
		patterns?.some((pattern) => (typeof pattern === 'string' ? url.includes(pattern) : url.search(pattern) >= 0));
	return matches(settings.exclude) !== true && matches(settings.include) !== false;
}
