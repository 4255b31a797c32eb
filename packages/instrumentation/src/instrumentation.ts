import { every, hub, type ProbeEvent, type Unsubscribe } from '@linkscope/core';
import { SAMPLE_INTERVAL_MS } from './history.js';
import { watchNavigation } from './navigation.js';
import { replaceProperty } from './patch/replace.js';
// Not through the index: a bundle would keep the parts of it that look at the page when they load.
import { patchWebSocket } from './patch/web-socket.js';
import { Registry } from './registry.js';
import { type ReportOptions, reportOf } from './report.js';
import { Resources } from './resources.js';
import { defaults, type Settings } from './settings.js';
import { type StatsOptions, statsOf } from './stats.js';
import { Timeline } from './timeline.js';

/** One message in so many is timed. */
const TIMED_EVERY = 1024;

/** The registry with what feeds it: the probes, the patch, the page, a timer. One for all copies of this package. */
export class Instrumentation {
	#settings = defaults;
	readonly timeline = new Timeline(this.#settings);
	#registry = this.#fresh();
	#resources = new Resources();
	/** Of the installs that are not undone, in their order. */
	#changes: readonly ((before: Settings) => Settings)[] = [];
	readonly #undo: Unsubscribe[] = [];
	#unlog: Unsubscribe = () => {};
	#unlend: Unsubscribe = () => {};
	#messages = 0;
	#timed = 0;
	#timedMs = 0;

	readonly stats = (options?: StatsOptions) => {
		const nsPerMessage = this.#timed > 0 ? Math.round((this.#timedMs * 1e6) / this.#timed) : 0;
		const { clock } = this.#settings;
		return statsOf(this.#registry, clock.now(), { resources: this.#resources.stats(), nsPerMessage, epoch: clock.epoch() }, options);
	};

	readonly report = (options?: ReportOptions) => reportOf(this.stats(), options);

	/**
	 * @param change makes settings of those that an earlier install left.
	 * @returns its undo: what the other installs asked for stays. The last one takes everything out again.
	 */
	install(change: (before: Settings) => Settings): Unsubscribe {
		const own = (before: Settings) => change(before);
		const first = this.#changes.length === 0;
		const settings = own(first ? defaults : this.#settings);
		if (first) this.#start(settings);
		this.#changes = [...this.#changes, own];
		this.#goBy(settings);
		let installed = true;
		return () => {
			if (!installed) return;
			installed = false;
			this.#changes = this.#changes.filter((other) => other !== own);
			if (this.#changes.length === 0) this.#stop();
			else this.#goBy(this.#changes.reduce((before, next) => next(before), defaults));
		};
	}

	/** Counts from zero. @param carry takes over what goes on. */
	reset(carry: (from: Registry, to: Registry) => void): void {
		const before = this.#registry;
		this.timeline.clear();
		this.#registry = this.#fresh();
		carry(before, this.#registry);
	}

	#fresh(): Registry {
		const { clock } = this.#settings;
		return new Registry(this.#settings, clock.now(), clock.epoch(), this.timeline);
	}

	#goBy(settings: Settings): void {
		this.#settings = this.#registry.settings = this.timeline.settings = settings;
		this.#unlog();
		this.#unlog = settings.log?.(this.timeline) ?? (() => {});
		this.#unlend();
		this.#registry.tapped = settings.lend !== null;
		this.#unlend = settings.lend?.((id, direction, show) => this.#registry.payload(id, direction, settings.clock.now(), show)) ?? (() => {});
	}

	#start(settings: Settings): void {
		const before = this.#settings;
		const { clock, patchWorkers } = settings;
		this.#settings = settings;
		try {
			this.reset(() => {});
			this.#resources = new Resources();
			this.#messages = this.#timed = this.#timedMs = 0;
			for (const begin of [
				() => hub.subscribe((event) => this.#safely(event)),
				() => patchWorkers?.() ?? (() => {}),
				() => patchWebSocket({ clock, observes: (url) => this.#settings.observes(url) }),
				() =>
					watchNavigation((path) => {
						const shown = this.#registry.steps.enter(path, clock.epoch());
						this.timeline.add('navigation', undefined, 'navigated', shown, clock.epoch());
					}),
				() => this.#sampleRegularly(),
				() => expose('getConnectionInstrumentationStats', this.stats),
				() => expose('getConnectionInstrumentationReport', this.report),
			])
				this.#undo.push(begin());
		} catch (error) {
			// Half an install would be one that nobody can undo.
			this.#stop();
			this.#settings = before;
			throw error;
		}
	}

	#stop(): void {
		this.#unlog();
		this.#unlend();
		for (const undo of this.#undo.splice(0).reverse()) undo();
	}

	/** The hub takes out a probe that throws: one bad event would end everything. */
	#safely(event: ProbeEvent): void {
		try {
			this.#probe(event);
		} catch {
			this.#registry.faults++;
		}
	}

	#probe(event: ProbeEvent): void {
		const registry = this.#registry;
		const settings = this.#settings;
		if (event.type === 'sent' || event.type === 'received') {
			if (++this.#messages % TIMED_EVERY !== 0) return registry.fold(event);
			const before = settings.clock.now();
			registry.fold(event);
			this.#timedMs += settings.clock.now() - before;
			this.#timed++;
		} else if (event.type === 'created') {
			registry.fold(event, settings.creationStacks ? stackHere() : undefined);
			if (event.role === 'observed') void announceLater(registry, event.id);
		} else {
			registry.fold(event);
		}
	}

	#sampleRegularly(): Unsubscribe {
		const { clock } = this.#settings;
		let due = clock.now() + SAMPLE_INTERVAL_MS;
		this.#resources.sample(clock.now(), 0);
		return every(clock, SAMPLE_INTERVAL_MS, () => {
			const now = clock.now();
			this.#registry.history.sample(now);
			this.#resources.sample(now, now - due);
			due = now + SAMPLE_INTERVAL_MS;
		});
	}
}

/** An application's own Error.prepareStackTrace may throw, or return what is no text. */
function stackHere(): string | undefined {
	try {
		const { stack } = new Error();
		return typeof stack === 'string' ? stack : undefined;
	} catch {
		return undefined;
	}
}

/** A connection claims its socket at once. No timer, and await where then() could be replaced: the application would notice. */
async function announceLater(registry: Registry, id: string): Promise<void> {
	await undefined;
	registry.announce(id);
}

/** A frozen global object stays as it is: the exported functions do the same. */
function expose(name: string, value: unknown): Unsubscribe {
	return replaceProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
}
