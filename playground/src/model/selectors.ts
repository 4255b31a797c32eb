import type { ConnectionInstrumentationStats, ConnectionSnapshot, HistorySample } from 'linkscope';
import { count } from './format.js';

export type View = 'connections' | 'invite';
export type Tab = 'log' | 'errors' | 'report';
export const TABS: readonly Tab[] = ['log', 'errors', 'report'];

export interface Filter {
	/** Found in URL, label, purpose, verdict or close reason, in any case. */
	text: string;
	state: 'all' | 'open' | 'ended';
}

/** Those that match, newest first. */
export function listConnections(connections: readonly ConnectionSnapshot[], { text, state }: Filter): ConnectionSnapshot[] {
	const wanted = text.trim().toLowerCase();
	return connections.filter((one) => isInState(one, state) && (wanted === '' || searchText(one).includes(wanted))).reverse();
}

/** On its way: neither open nor ended. */
export function isConnecting({ state }: ConnectionSnapshot): boolean {
	return state === 'CONNECTING';
}

/** The verdict in a word where it ended, else the trouble it is in, if any. */
export function verdictOf(connection: ConnectionSnapshot): string {
	const { close, errors } = connection;
	if (close) return close.verdict.word;
	if (errors > 0) return count(errors, 'error');
	return isConnecting(connection) ? 'connecting' : '';
}

/** Ends that somebody wanted; whatever else ended was refused, lost or broken, however clean its close frame. */
const ORDERLY: readonly string[] = ['normal', 'replaced', 'duplicate', 'route-stopped', 'server-shutdown', 'suspended', 'unknown'];

/** How a connection stands: on its way, well, in trouble, or ended as somebody wanted. */
export function toneOf(connection: ConnectionSnapshot): 'pending' | 'good' | 'neutral' | 'bad' {
	const { state, close, errors } = connection;
	if (state === 'FAILED') return 'bad';
	if (close) return close.wasClean && ORDERLY.includes(close.verdict.word) ? 'neutral' : 'bad';
	if (errors > 0) return 'bad';
	return isConnecting(connection) ? 'pending' : 'good';
}

/** The part of the timeline that belongs to one connection, oldest first. */
export function timelineOf(stats: ConnectionInstrumentationStats, id: string): ConnectionInstrumentationStats['recentEvents'] {
	return stats.recentEvents.filter(({ connectionId }) => connectionId === id).reverse();
}

/** Bytes per second for the plot, oldest first. */
export function throughputOf(samples: readonly HistorySample[], length = 120): { at: string; value: number }[] {
	return samples.slice(-length).map(({ at, bytesPerSecond }) => ({ at, value: bytesPerSecond }));
}

function isInState(connection: ConnectionSnapshot, state: Filter['state']): boolean {
	const isEnded = connection.state === 'CLOSED' || connection.state === 'FAILED';
	if (state === 'ended') return isEnded;
	return state === 'all' || (!isEnded && !isConnecting(connection));
}

function searchText({ url, label, purpose, close, id }: ConnectionSnapshot): string {
	return `${id} ${url} ${label ?? ''} ${purpose} ${close ? `${close.verdict.word} ${close.reason}` : ''}`.toLowerCase();
}
