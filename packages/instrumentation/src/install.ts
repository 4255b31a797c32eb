import type { Unsubscribe } from '@linkscope/core';
import { isFunction, mustBe } from './option-types.js';
import { type InstrumentationOptions, settingsFrom } from './options.js';
import type { ConnectionInstrumentationReport, ReportOptions } from './report.js';
import { shared } from './shared.js';
import type { StatsOptions } from './stats.js';
import { takeOver } from './take-over.js';
import type { ConnectionEvent, ConnectionInstrumentationStats } from './types.js';
import { watch } from './watchers.js';

/**
 * Observes every connection from here on and puts `getConnectionInstrumentationStats` and `getConnectionInstrumentationReport`
 * on globalThis. Installing again, from another copy of this package too, adds nothing but its options, which go over the earlier ones.
 * @returns uninstall; when every install is undone, everything is as it was, except what others patched meanwhile.
 * @throws RangeError, TypeError naming a bad option.
 */
export function installInstrumentation(options: InstrumentationOptions = {}): Unsubscribe {
	return shared().install((before) => settingsFrom(options, before));
}

/** A fresh, plain object: changing it changes nothing. */
export function getConnectionInstrumentationStats(options?: StatsOptions): ConnectionInstrumentationStats {
	return shared().stats(options);
}

/** The same as text for a console of 100 columns, and as an object. */
export function getConnectionInstrumentationReport(options?: ReportOptions): ConnectionInstrumentationReport {
	return shared().report(options);
}

/** Counts from zero; connections that are open stay listed and count anew. */
export function resetInstrumentation(): void {
	shared().reset(takeOver);
}

/**
 * Calls `watcher` with every event of the timeline as it happens, and with every message.
 * A watcher that throws or rejects is taken out and counted; what it sends itself it is not told of.
 * @returns its undo.
 * @throws TypeError where `watcher` is no function.
 */
export function onConnectionEvent(watcher: (event: ConnectionEvent) => void): Unsubscribe {
	mustBe('what onConnectionEvent() calls', watcher, 'a function', isFunction);
	return watch(shared().timeline, watcher);
}
