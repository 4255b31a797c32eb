import type { ConnectionInstrumentationStats, ConnectionSnapshot, HistorySample } from 'linkscope';
import { count } from './format.js';

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

/** Neither CLOSED nor FAILED. */
export function isOpen({ state }: ConnectionSnapshot): boolean {
	return state !== 'CLOSED' && state !== 'FAILED';
}

/** The verdict in a word while it ended, else the trouble it is in, if any. */
export function verdictOf({ close, errors }: ConnectionSnapshot): string {
	if (close) return close.verdict.word;
	return errors > 0 ? count(errors, 'error') : '';
}

/** How bad an end is: what the application wanted, what the peer or a policy wanted, what nobody wanted. */
export function toneOf({ state, close, errors }: ConnectionSnapshot): 'good' | 'neutral' | 'bad' {
	if (state === 'FAILED') return 'bad';
	if (close) return close.wasClean ? 'neutral' : 'bad';
	return errors > 0 ? 'bad' : 'good';
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
	return state === 'all' || isOpen(connection) === (state === 'open');
}

function searchText({ url, label, purpose, close, id }: ConnectionSnapshot): string {
	return `${id} ${url} ${label ?? ''} ${purpose} ${close ? `${close.verdict.word} ${close.reason}` : ''}`.toLowerCase();
}
