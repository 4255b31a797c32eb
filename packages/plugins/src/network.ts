import { Emitter, type Plugin, type PluginHost, type Subscribable } from '@linkscope/core';
import { type NetworkChange, NetworkMonitor } from './network-monitor.js';
import type { NetworkStatus } from './network-source.js';

export interface NetworkOptions {
	/** A monitor of one's own, with another source or rhythm. Default: the one all connections share. */
	monitor?: NetworkMonitor;
}

/**
 * Tells the application (`onChange`) and the instrumentation when the network is lost, comes back or changes, and when
 * this process was suspended (sleep, a throttled tab). It changes no message and closes no connection.
 */
export class NetworkPlugin implements Plugin {
	readonly name = 'network';
	readonly observer = true;
	readonly onChange: Subscribable<NetworkChange>;
	readonly #changes = new Emitter<NetworkChange>();
	#monitor: NetworkMonitor | undefined;
	#leave = (): void => {};

	constructor(options: NetworkOptions = {}) {
		this.#monitor = options.monitor;
		this.onChange = this.#changes;
	}

	/** As last seen; online before the connection is ACTIVE. */
	get status(): NetworkStatus {
		return this.#monitor?.status ?? { online: true };
	}

	attach(host: PluginHost): void {
		this.#monitor ??= NetworkMonitor.on(host.clock);
		const monitor = this.#monitor;
		this.#leave = monitor.subscribe((change) => {
			host.note(change);
			this.#changes.emit(change);
		});
		const { online, connectionType } = monitor.status;
		// Where a connection stands at its beginning is evidence for how it ends.
		if (!online || connectionType !== undefined) host.note({ kind: 'network', online, connectionType });
	}

	closed(): void {
		this.#leave();
	}
}
