import { type Backoff, type Clock, integerOption, numberOption, type Payload, type Subscribable, systemClock, type Unsubscribe } from '@linkscope/core';
import type { Overflow } from './held-messages.js';
import { linkBackoff } from './link-backoff.js';
import { defaultRecovery, type LinkFailure, type Recovery } from './recovery.js';

export interface LinkOptions {
	/** Before each try that repeats something. Default: see `linkBackoff()`. */
	backoff?: Backoff;
	/** Tries since the link was last stable, the fast path's included; 0: never give up. Default 0. */
	maxRetries?: number;
	/** Added to every wait, so that the other side may let go of the old connection. Default 0. */
	settleMs?: number;
	/** A dial takes no longer. Default 30,000. */
	dialTimeoutMs?: number;
	/** So long a connection must live for the tries to be counted from 0 again. Default 10,000. */
	stableAfterMs?: number;
	/** The same as `settleMs` and `dialTimeoutMs` on the fast path. Default 0 and 500. */
	fastPathSettleMs?: number;
	fastPathTimeoutMs?: number;
	/** A connection lost so soon after a send counts as cut off in the middle of it, and the next takes the fast path; 0: only `markTxDrop()` does. Default 0. */
	txDropWindowMs?: number;
	/** A connection over which nothing comes for so long is lost; looked at every 500 ms; 0: never. Default 0. */
	lossAfterMs?: number;
	/** What to do after a failure. One that throws means 'backoff'. Default: `defaultRecovery`. */
	recovery?: (failure: LinkFailure) => Recovery;
	/** What waits for a connection, each message counted with 64 bytes more. Default 1 MiB. */
	maxHeldBytes?: number;
	/** Default 'reject'. What is dropped is told by `onDropped`. */
	overflow?: Overflow;
	/** Received messages nobody has read, each counted with 64 bytes more. Default 4 MiB. */
	maxUnreadBytes?: number;
	/** Dials wait while it is offline, and come at once when it is back. */
	network?: LinkNetwork;
	/** Keeps what was sent until the peer has it, across connections. Without it, what was sent on a connection that is lost may not have arrived. */
	session?: LinkSession;
	clock?: Clock;
}

/** Tells of the network, and of sleep: NetworkMonitor of @linkscope/plugins is one. */
export interface LinkNetwork {
	readonly status: { readonly online: boolean };
	subscribe(listener: (change: { kind: 'network'; online: boolean } | { kind: 'suspended'; driftMs: number }) => void): Unsubscribe;
}

/** What a link asks of a session that outlives its connections: ContinuitySession of @linkscope/plugins is one. The dial function adds its plugin to each connection. */
export interface LinkSession {
	readonly bufferedBytes: number;
	/** It could not go on; the next connection begins another. */
	readonly onLost: Subscribable<LostSession>;
	/** Sends, or keeps for the next connection. @returns false: accepted, and much waits. */
	send(payload: Payload): boolean;
	/** Ends it; whatever the peer does not have is told by `onLost`. */
	close(): void;
}

export interface LostSession {
	readonly error: Error;
	/** They may or may not have arrived. */
	readonly unacknowledged: readonly Payload[];
}

const MIB = 1024 * 1024;
const OVERFLOWS: readonly unknown[] = ['drop-oldest', 'drop-newest', 'reject'];

/** Defaults filled in and checked. @throws RangeError, TypeError naming the option. */
export function checkLinkOptions(options: LinkOptions) {
	const { overflow = 'reject', backoff = linkBackoff(), recovery = defaultRecovery } = options;
	if (!OVERFLOWS.includes(overflow)) throw new RangeError(`overflow must be one of ${OVERFLOWS.join(', ')}, got ${JSON.stringify(overflow)}`);
	if (typeof backoff?.next !== 'function') throw new TypeError('backoff must have a next(): exponential(), fullJitter() and others make one');
	if (typeof recovery !== 'function') throw new TypeError(`recovery must be a function, got ${typeof recovery}`);
	return {
		backoff,
		recovery,
		overflow,
		network: options.network,
		session: options.session,
		clock: options.clock ?? systemClock,
		maxRetries: integerOption('maxRetries', options.maxRetries, 0),
		settleMs: numberOption('settleMs', options.settleMs, 0),
		dialTimeoutMs: numberOption('dialTimeoutMs', options.dialTimeoutMs, 30_000, 1),
		stableAfterMs: numberOption('stableAfterMs', options.stableAfterMs, 10_000),
		fastPathSettleMs: numberOption('fastPathSettleMs', options.fastPathSettleMs, 0),
		fastPathTimeoutMs: numberOption('fastPathTimeoutMs', options.fastPathTimeoutMs, 500, 1),
		txDropWindowMs: numberOption('txDropWindowMs', options.txDropWindowMs, 0),
		lossAfterMs: numberOption('lossAfterMs', options.lossAfterMs, 0),
		maxHeldBytes: integerOption('maxHeldBytes', options.maxHeldBytes, MIB),
		maxUnreadBytes: integerOption('maxUnreadBytes', options.maxUnreadBytes, 4 * MIB),
	};
}

export type CheckedLinkOptions = ReturnType<typeof checkLinkOptions>;
