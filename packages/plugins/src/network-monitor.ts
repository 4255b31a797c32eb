import { type Clock, Emitter, every, type Note, numberOption, type Unsubscribe } from '@linkscope/core';
import { type NetworkSource, type NetworkStatus, platformSource } from './network-source.js';

/** What happened: the network came or went or changed its kind, or this process slept. */
export type NetworkChange = Extract<Note, { kind: 'network' | 'suspended' }>;

export interface NetworkMonitorOptions {
	/** Where to look. Default: the platform's own. */
	source?: NetworkSource;
	/** Between looks. Default 5,000. */
	tickMs?: number;
}

/**
 * Watches the network and the passing of time for all who subscribe, with one timer; none while nobody does.
 * A tick that comes more than a whole tick late means that we slept or were throttled: 'suspended', not dead.
 */
export class NetworkMonitor {
	static readonly #shared = new WeakMap<Clock, NetworkMonitor>();
	readonly #source: NetworkSource | undefined;
	readonly #tickMs: number;
	readonly #changes = new Emitter<NetworkChange>();
	#last: NetworkStatus = { online: true };
	#stop: Unsubscribe = () => {};
	readonly #clock: Clock;

	constructor(clock: Clock, options: NetworkMonitorOptions = {}) {
		this.#clock = clock;
		this.#source = options.source ?? platformSource();
		this.#tickMs = numberOption('tickMs', options.tickMs, 5_000, 1);
	}

	/** The one that all connections on a clock share: ten thousand of them cost one timer. */
	static on(clock: Clock): NetworkMonitor {
		const existing = NetworkMonitor.#shared.get(clock);
		if (existing) return existing;
		const created = new NetworkMonitor(clock);
		NetworkMonitor.#shared.set(clock, created);
		return created;
	}

	/** As last seen; looked at afresh when the first subscriber comes. */
	get status(): NetworkStatus {
		return this.#last;
	}

	subscribe(listener: (change: NetworkChange) => void): Unsubscribe {
		if (this.#changes.count === 0) this.#start();
		const off = this.#changes.on(listener);
		return () => {
			off();
			if (this.#changes.count === 0) this.#stop();
		};
	}

	#start(): void {
		this.#last = this.#read();
		const unwatch = this.#source?.watch?.(() => this.#look());
		let dueAt = this.#clock.now() + this.#tickMs;
		const cancel = every(this.#clock, this.#tickMs, () => {
			const driftMs = this.#clock.now() - dueAt;
			dueAt = this.#clock.now() + this.#tickMs;
			if (driftMs > this.#tickMs) this.#changes.emit({ kind: 'suspended', driftMs });
			this.#look();
		});
		this.#stop = () => {
			this.#stop = () => {};
			cancel();
			unwatch?.();
		};
	}

	#look(): void {
		const last = this.#last;
		this.#last = this.#read();
		const { online, connectionType } = this.#last;
		if (online !== last.online || connectionType !== last.connectionType) this.#changes.emit({ kind: 'network', online, connectionType });
	}

	#read(): NetworkStatus {
		try {
			return this.#source?.read() ?? { online: true };
		} catch {
			// A platform that refuses to tell (a sandbox) has no news.
			return this.#last;
		}
	}
}
