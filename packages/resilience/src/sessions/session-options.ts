import { type Clock, integerOption, numberOption, systemClock } from '@linkscope/core';
import type { ReconnectConfig, ReconnectStrategy } from './reconnect-strategy.js';
import type { Reconnect } from './reconnector.js';
import type { SessionStorage } from './session-storage.js';

export interface SessionManagerOptions {
	clock?: Clock;
	/** Where sessions outlive the process. Default: nowhere. */
	storage?: SessionStorage;
	/** Brings a lost session back. Without it a try is the time in which the client may come back by itself. */
	reconnect?: Reconnect;
	/** Whether a session that was lost by silence is tried again by itself. Default true. */
	autoReconnect?: boolean;
	/** How lost sessions are tried again unless scheduleReconnection() said otherwise. Default EXPONENTIAL. */
	strategy?: ReconnectStrategy;
	reconnectConfig?: ReconnectConfig;
	/** From 0 to 1, for the jitter of the waits. */
	random?: () => number;
	/** How often a session of good quality is to be heard of; an excellent one 1.5 times as long, a bad one less. Default 30,000. */
	heartbeatIntervalMs?: number;
	/** What a heartbeat may take on its way before it counts as missed. Default 1,000. */
	heartbeatGraceMs?: number;
	/** After so many a session is DISCONNECTED. Default 3. */
	maxMissedHeartbeats?: number;
	/** A session that stayed so long starts counting its tries anew. Default 300,000. */
	stableAfterMs?: number;
	/** A session that is not connected is removed after this. Default 3,600,000. */
	staleAfterMs?: number;
	/** How long one try may take. Default 10,000. */
	tryTimeoutMs?: number;
	/** How many tries run at once. Default 100. */
	maxRunningTries?: number;
	/** Default 1,000,000. */
	maxSessions?: number;
	/** How long changes are gathered before they are stored. Default 1,000. */
	flushIntervalMs?: number;
}

/** @throws RangeError naming the option. */
export function sessionOptions(options: SessionManagerOptions) {
	return {
		clock: options.clock ?? systemClock,
		autoReconnect: options.autoReconnect ?? true,
		heartbeatIntervalMs: numberOption('heartbeatIntervalMs', options.heartbeatIntervalMs, 30_000, 1),
		heartbeatGraceMs: numberOption('heartbeatGraceMs', options.heartbeatGraceMs, 1_000),
		maxMissedHeartbeats: integerOption('maxMissedHeartbeats', options.maxMissedHeartbeats, 3, 1),
		stableAfterMs: numberOption('stableAfterMs', options.stableAfterMs, 300_000),
		staleAfterMs: numberOption('staleAfterMs', options.staleAfterMs, 3_600_000),
		tryTimeoutMs: numberOption('tryTimeoutMs', options.tryTimeoutMs, 10_000, 1),
		maxRunningTries: integerOption('maxRunningTries', options.maxRunningTries, 100, 1),
		maxSessions: integerOption('maxSessions', options.maxSessions, 1_000_000, 1),
		flushIntervalMs: numberOption('flushIntervalMs', options.flushIntervalMs, 1_000),
	};
}

const MAX_METADATA_CHARS = 16_384;
// A database keeps neither NUL nor half a surrogate pair; what a client sent must not spoil the batch of all others.
const UNSTORABLE = /[\0\p{Cs}]/u;

/** @throws TypeError naming what is no text that can be stored. */
export function checkText(name: string, value: unknown, minLength: number): void {
	if (typeof value !== 'string' || value.length < minLength || value.length > 256 || UNSTORABLE.test(value)) {
		throw new TypeError(`${name} must be a well-formed string of ${minLength} to 256 characters without NUL, got ${described(value)}`);
	}
}

/** @returns JSON. @throws TypeError where it is no object JSON can carry; RangeError where it is longer than 16,384 characters. */
export function metadataText(metadata: unknown): string | undefined {
	if (metadata === undefined) return undefined;
	if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
		throw new TypeError(`metadata must be an object, got ${described(metadata)}`);
	}
	const text = JSON.stringify(metadata);
	if (typeof text !== 'string') throw new TypeError('metadata must be an object that JSON can carry');
	if (text.length > MAX_METADATA_CHARS) throw new RangeError(`metadata must be at most ${MAX_METADATA_CHARS} characters of JSON, got ${text.length}`);
	return text;
}

function described(value: unknown): string {
	return typeof value === 'string' ? `${JSON.stringify(value.slice(0, 40))} (${value.length})` : value === null ? 'null' : typeof value;
}
