import type { Subscribable } from '@linkscope/core';

/** The five of seeds/002. `stopped` is final. */
export type EndpointState = 'disconnected' | 'connecting' | 'connected' | 'error' | 'stopped';

/** Something whose state is shown beside that of others. */
export interface StatusSource {
	/** Plain data, made anew each time: what is shown. */
	readonly snapshot: object;
	/** Something in the snapshot has changed that should be shown at once. */
	readonly onChange: Subscribable<unknown>;
}
