import { type Clock, integerOption, numberOption } from '@linkscope/core';
import { isObserved, rewritten, shareOf } from './filters.js';
import { lendPayloads } from './lend-payloads.js';
import { log } from './live-log.js';
import { checkTypes, mustBeOneOf } from './option-types.js';
import { patchWorkerConstructor, workerScript } from './patch/index.js';
import { defaults, type Settings } from './settings.js';
import { clean } from './text.js';
import { watch } from './watchers.js';

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
	/** Ends each line with the id of its connection, as in '(c3)', to tell parallel ones apart. Default false. */
	ids?: boolean;
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

/**
 * Options over what was set before, as settings with the code behind them.
 * @throws RangeError, TypeError naming the option.
 */
export function settingsFrom(options: InstrumentationOptions, before = defaults): Settings {
	checkTypes(options, Object.keys(defaults.limits));
	const limits = { ...before.options.limits, ...options.limits };
	const all = { ...before.options, ...options, limits };
	if (all.label) all.label = clean(all.label, 60);
	const { payloads = 'size', label = null, clock = defaults.clock, creationStacks = false } = all;
	mustBeOneOf('payloads', payloads, ['none', 'size', 'shape', 'full']);
	const limit = (name: keyof Limits) => integerOption(`limits.${name}`, limits[name], defaults.limits[name], 1, 1_000_000);
	const sampleRate = numberOption('sampleRate', all.sampleRate, 1, 0, 1);
	const script = workerScript(all.workers);
	return {
		label,
		clock,
		creationStacks,
		limits: { closed: limit('closed'), live: limit('live'), errors: limit('errors'), events: limit('events'), samples: limit('samples') },
		leakAfterMs: numberOption('leakAfterMs', all.leakAfterMs, defaults.leakAfterMs),
		sizes: payloads !== 'none',
		lend: payloads === 'shape' || payloads === 'full' ? (tell) => lendPayloads(payloads, tell) : null,
		log: all.log ? (timeline) => watch(timeline, (event) => log(event, all)) : null,
		patchWorkers: script ? () => patchWorkerConstructor(script) : null,
		observes: (url) => isObserved(all, url),
		samples: (id) => shareOf(id) < sampleRate,
		rewrite: (url) => rewritten(all, url),
		options: all,
	};
}
