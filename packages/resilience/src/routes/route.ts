import type { CloseInfo, ConnectionState, Subscribable } from '@linkscope/core';

/** idle: may be dialled. failed: rests before it is dialled again, or was refused for good. stopped and disabled: until somebody says otherwise. */
export type RouteState = 'idle' | 'connecting' | 'up' | 'failed' | 'stopped' | 'disabled';

/** One way to reach a peer, as an application gives it. */
export interface RouteSpec {
	/** Unique among the routes of a peer, e.g. its URL. */
	readonly name: string;
	/** Through somebody in between: the second choice. */
	readonly relayed: boolean;
}

export interface RouteInfo extends RouteSpec {
	readonly state: RouteState;
	/** Round trip in milliseconds over this route; null until measured. */
	readonly rttMs: number | null;
	/** Why its last dial failed or its last connection was lost. */
	readonly error: Error | null;
}

/** What a table asks of a connection that it dials: core's Connection is one. */
export interface RouteConnection {
	readonly state: ConnectionState;
	readonly closeInfo: CloseInfo | null;
	readonly onClose: Subscribable<CloseInfo>;
	readonly rttMs?: number | null;
	open(): Promise<void>;
	close(reason: string): Promise<void>;
}

/** Taken for a route that nobody has measured. */
const UNMEASURED_MS = 100;

/** A relayed route is taken before a direct one where its round trip is less than half as long. */
const RELAY_COST = 2;

/** The lower, the sooner it is dialled. */
export function costOf({ relayed, rttMs }: Pick<RouteInfo, 'relayed' | 'rttMs'>): number {
	return (rttMs ?? UNMEASURED_MS) * (relayed ? RELAY_COST : 1);
}

// Authentication, protocol order, invite: the same peer would answer the same.
const FINAL: ReadonlySet<number> = new Set([4401, 4402, 4410]);

/** Whether dialling again as it is would gain nothing. */
export function isFinal(info: Pick<CloseInfo, 'code'> | null): boolean {
	return info !== null && FINAL.has(info.code);
}
