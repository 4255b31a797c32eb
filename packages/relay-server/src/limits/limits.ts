import { integerOption, numberOption } from '@linkscope/core';

/** What one relay gives to whom. All of it has defaults that carry 10,000 who wait on a small machine. */
export interface RelayLimits {
	/** Waiting registrations of one key; the oldest beyond it makes room. Default 8. */
	registrationsPerKey: number;
	/** Default 1,000. IPv6 addresses count by /64, here and below. */
	registrationsPerAddress: number;
	/** Open connections, whatever they do. Default 1,000. */
	connectionsPerAddress: number;
	/** Default 100. */
	connectionsPerSecondPerAddress: number;
	/** How many of them may come at once. Default 500. */
	connectionsBurstPerAddress: number;
	/** Calls to one key, refused ones among them. Default 50. */
	callsPerSecondPerTarget: number;
	/** Default 200. */
	callsBurstPerTarget: number;
	/** For everything before the wait or the splice, the upgrade by itself as well. Default 10,000. */
	handshakeTimeoutMs: number;
	/** Of piped frames. Default 2 MiB. */
	maxFrameBytes: number;
	/** What waits for a slow reader before its writer is paused. Default 2 MiB. */
	heldBytesPerDirection: number;
	/** The same for all splices together; beyond it, no direction has more than 64 KiB. Default 256 MiB. */
	heldBytes: number;
	/** How long a reader may take nothing while that much waits. Default 30,000. */
	stallTimeoutMs: number;
	/** How long two may be spliced; null (the default): for ever. */
	spliceDurationMs: number | null;
	/** How much goes over a splice, both ways together; null (the default): any. */
	spliceBytes: number | null;
	/** In all. Default 50,000. */
	maxConnections: number;
}

const MIB = 2 ** 20;
const A_DAY_MS = 86_400_000;
// A timer knows no longer time.
const LONGEST_MS = 2 ** 31 - 1;

/** @throws RangeError, TypeError naming the limit. */
export function checkedLimits(limits: Partial<RelayLimits> = {}): RelayLimits {
	const count = (name: keyof RelayLimits, fallback: number, max = 10_000_000): number =>
		integerOption(`limits.${name}`, limits[name] ?? undefined, fallback, 1, max);
	const rate = (name: keyof RelayLimits, fallback: number): number => numberOption(`limits.${name}`, limits[name] ?? undefined, fallback, 0.001, 1_000_000);
	const orNone = (name: 'spliceDurationMs' | 'spliceBytes', max: number): number | null => (limits[name] == null ? null : count(name, 1, max));
	if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) throw new TypeError('limits must be an object');
	const checked = {
		registrationsPerKey: count('registrationsPerKey', 8, 1_000),
		registrationsPerAddress: count('registrationsPerAddress', 1_000),
		connectionsPerAddress: count('connectionsPerAddress', 1_000),
		connectionsPerSecondPerAddress: rate('connectionsPerSecondPerAddress', 100),
		connectionsBurstPerAddress: count('connectionsBurstPerAddress', 500),
		callsPerSecondPerTarget: rate('callsPerSecondPerTarget', 50),
		callsBurstPerTarget: count('callsBurstPerTarget', 200),
		handshakeTimeoutMs: count('handshakeTimeoutMs', 10_000, A_DAY_MS),
		maxFrameBytes: count('maxFrameBytes', 2 * MIB, 2 ** 31),
		heldBytesPerDirection: count('heldBytesPerDirection', 2 * MIB, 2 ** 31),
		heldBytes: count('heldBytes', 256 * MIB, 2 ** 40),
		stallTimeoutMs: count('stallTimeoutMs', 30_000, A_DAY_MS),
		spliceDurationMs: orNone('spliceDurationMs', LONGEST_MS),
		spliceBytes: orNone('spliceBytes', Number.MAX_SAFE_INTEGER),
		maxConnections: count('maxConnections', 50_000),
	};
	const unknown = Object.keys(limits).find((name) => !Object.hasOwn(checked, name));
	if (unknown !== undefined) throw new TypeError(`limits: there is none of the name ${JSON.stringify(unknown)}; it knows ${Object.keys(checked).join(', ')}`);
	return checked;
}
