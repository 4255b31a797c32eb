import { type Clock, systemClock } from './clock.js';
import { integerOption, numberOption } from './options.js';
import type { Plugin } from './plugin.js';
import type { LinkInfo } from './probe.js';

export interface ConnectionOptions {
	/** False for the side that was dialled. Default true. */
	initiator?: boolean;
	plugins?: readonly Plugin[];
	clock?: Clock;
	/** Shown in stats, report and log. */
	label?: string;
	/** Shown in stats; the report groups by them. */
	tags?: Readonly<Record<string, string>>;
	link?: LinkInfo;
	/** Dialling, until the transport is open. Default 10,000. */
	openTimeoutMs?: number;
	/** Each plugin's handshake. Default 10,000. */
	handshakeTimeoutMs?: number;
	/** close() ends within this bound, whatever the peer does. Default 5,000. */
	closeTimeoutMs?: number;
	/** Messages sent before ACTIVE, each counted with 64 bytes more. Default 1 MiB. */
	maxQueuedBytes?: number;
	/** Messages sent although send() returned false, each counted with 64 bytes more. Default 16 MiB. */
	maxBufferedBytes?: number;
	/** Received messages nobody has read, each counted with 64 bytes more. Default 4 MiB. */
	maxUnreadBytes?: number;
}

const MIB = 1024 * 1024;

/** Defaults filled in and numbers checked. @throws RangeError naming the option. */
export function checkConnectionOptions(options: ConnectionOptions) {
	if (options.plugins !== undefined && !Array.isArray(options.plugins))
		throw new TypeError(`plugins must be an array of plugins, got ${typeof options.plugins}`);
	return {
		...options,
		initiator: options.initiator ?? true,
		plugins: options.plugins ?? [],
		clock: options.clock ?? systemClock,
		openTimeoutMs: numberOption('openTimeoutMs', options.openTimeoutMs, 10_000),
		handshakeTimeoutMs: numberOption('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000),
		closeTimeoutMs: numberOption('closeTimeoutMs', options.closeTimeoutMs, 5_000),
		maxQueuedBytes: integerOption('maxQueuedBytes', options.maxQueuedBytes, MIB),
		maxBufferedBytes: integerOption('maxBufferedBytes', options.maxBufferedBytes, 16 * MIB),
		maxUnreadBytes: integerOption('maxUnreadBytes', options.maxUnreadBytes, 4 * MIB),
	};
}

export type CheckedConnectionOptions = ReturnType<typeof checkConnectionOptions>;
