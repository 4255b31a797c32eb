import { type Clock, systemClock, type Unsubscribe } from '@linkscope/core';
import type { TellPayload } from './lend-payloads.js';
import type { InstrumentationOptions, Limits } from './options.js';
import type { Timeline } from './timeline.js';

/**
 * What the instrumentation goes by. Whoever gives options brings the code behind them (options.ts),
 * so that `auto`, which takes none, carries none of it.
 */
export interface Settings {
	readonly label: string | null;
	readonly clock: Clock;
	readonly limits: Limits;
	readonly leakAfterMs: number;
	/** Whether each connection's record keeps where it was created. */
	readonly creationStacks: boolean;
	/** Whether events of messages tell their size. */
	readonly sizes: boolean;
	/** Has payloads shown to `tell`; null: none is lent. */
	readonly lend: ((tell: TellPayload) => Unsubscribe) | null;
	/** Writes the live log; null: there is none. */
	readonly log: ((timeline: Timeline) => Unsubscribe) | null;
	/** Has Workers load linkscope; null: they start as they are. */
	readonly patchWorkers: (() => Unsubscribe) | null;
	/** Whether connections to this URL are observed at all. */
	observes(url: string): boolean;
	/** Whether the connection belongs to the share that is recorded. */
	samples(id: string): boolean;
	/** Rewrites a URL before it is redacted. */
	rewrite(url: string): string;
	/** As they were given, for later ones to go over. */
	readonly options: InstrumentationOptions;
}

export const defaults: Settings = {
	label: null,
	clock: systemClock,
	limits: { closed: 200, live: 10_000, errors: 100, events: 1000, samples: 360 },
	leakAfterMs: 600_000,
	creationStacks: false,
	sizes: true,
	lend: null,
	log: null,
	patchWorkers: null,
	observes: () => true,
	samples: () => true,
	rewrite: (url) => url,
	options: {},
};
