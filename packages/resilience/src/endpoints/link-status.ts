import type { Subscribable } from '@linkscope/core';
import type { LinkState } from '../link/link-state.js';
import { oneLine } from './one-line.js';
import type { EndpointState, StatusSource } from './status-source.js';

/** The part of a ReconnectingLink that is shown. */
export interface ShownLink {
	readonly state: LinkState;
	readonly onState: Subscribable<unknown>;
	readonly status: { readonly retries: number; readonly lastError: Error | null };
}

const endpointStates: Readonly<Record<LinkState, EndpointState>> = {
	DISCONNECTED: 'disconnected',
	CONNECTING: 'connecting',
	CONNECTED: 'connected',
	RECONNECTING: 'connecting',
	TX_DROPPED: 'error',
	FAILED: 'error',
	STOPPED: 'stopped',
};

/** Shows a reconnecting link beside endpoints, in their words. */
export function linkStatus(link: ShownLink): StatusSource & { readonly isAvailable: boolean } {
	return {
		get snapshot() {
			const { retries, lastError } = link.status;
			return { state: endpointStates[link.state], reconnect_attempts: retries, last_error: lastError && oneLine(lastError.message) };
		},
		get isAvailable() {
			return link.state === 'CONNECTED';
		},
		onChange: link.onState,
	};
}
